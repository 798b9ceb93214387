#include "services/sessions/session_record.h"

#include <algorithm>
#include <utility>

#include "lib/errors/errors.h"

namespace tokenforge::sessions {
namespace {

void PutNumber(std::string* to, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    *to += static_cast<char>(value >> shift);
}

void PutTime(std::string* to, Time time) {
  PutNumber(to, static_cast<uint64_t>(time.time_since_epoch().count()), 6);
}

void PutText(std::string* to, std::string_view text) {
  PutNumber(to, text.size(), 2);
  *to += text;
}

// Takes values off the front; once something was missing everything reads as nothing and `ok` is
// false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }

  std::string_view Take(size_t size) {
    if (bytes_.size() < size) {
      ok_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  uint64_t Number(size_t size) {
    uint64_t value = 0;
    for (const char byte : Take(size)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  Time Instant() { return Time(Span(static_cast<int64_t>(Number(6)))); }
  std::string Text() { return std::string(Take(Number(2))); }
  uuid::Uuid Id() {
    uuid::Uuid::Bytes id = {};
    const std::string_view bytes = Take(id.size());
    std::copy(bytes.begin(), bytes.end(), id.begin());
    return uuid::Uuid(id);
  }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

absl::Status Damaged(std::string_view what) {
  return errors::Make(errors::reasons::INTERNAL_FAULT,
                      std::string(what) + " in Redis is damaged or of a later version");
}

std::vector<std::string> Split(const std::string& joined) {
  std::vector<std::string> words;
  for (size_t at = 0; at < joined.size();) {
    const size_t space = std::min(joined.find(' ', at), joined.size());
    words.push_back(joined.substr(at, space - at));
    at = space + 1;
  }
  return words;
}

Session ReadRecord(uuid::Uuid user, Reader& reader) {
  Session session;
  session.user = user;
  session.id = reader.Id();
  Reader rest(reader.Take(reader.Number(2)));
  session.lineage.created = rest.Instant();
  session.lineage.generation = static_cast<uint32_t>(rest.Number(4));
  const uint64_t moves = rest.Number(1);
  for (uint64_t i = 0; i < moves; ++i) session.lineage.moves.push_back(rest.Instant());
  session.client = rest.Text();
  session.device.name = rest.Text();
  session.device.user_agent = rest.Text();
  session.device.ip_address = rest.Text();
  session.amr = Split(rest.Text());
  while (rest.ok() && !rest.at_end()) {  // further fields: none is about the session
    rest.Take(1);
    rest.Take(rest.Number(1));
  }
  if (!rest.ok()) reader.Take(SIZE_MAX);  // what is inside is wrong: so is the whole
  return session;
}

}  // namespace

std::string EncodeRecord(const Session& session) {
  std::string rest;
  PutTime(&rest, session.lineage.created);
  PutNumber(&rest, session.lineage.generation, 4);
  PutNumber(&rest, session.lineage.moves.size(), 1);
  for (const Time move : session.lineage.moves) PutTime(&rest, move);
  PutText(&rest, session.client);
  PutText(&rest, session.device.name);
  PutText(&rest, session.device.user_agent);
  PutText(&rest, session.device.ip_address);
  std::string amr;
  for (const std::string& method : session.amr) amr += (amr.empty() ? "" : " ") + method;
  PutText(&rest, amr);
  std::string record(AsBytes(session.id));
  PutText(&record, rest);
  return record;
}

absl::StatusOr<std::vector<Session>> DecodeRecords(uuid::Uuid user, std::string_view value) {
  std::vector<Session> sessions;
  if (value.empty()) return sessions;
  if (value[0] != kRecordsVersion) return Damaged("a user's sessions");
  Reader reader(value.substr(1));
  while (reader.ok() && !reader.at_end()) sessions.push_back(ReadRecord(user, reader));
  if (!reader.ok()) return Damaged("a user's sessions");
  return sessions;
}

absl::StatusOr<Session> DecodeRecord(uuid::Uuid user, std::string_view record) {
  Reader reader(record);
  Session session = ReadRecord(user, reader);
  if (!reader.ok() || !reader.at_end()) return Damaged("a session");
  return session;
}

std::string EncodeRevocation(const Revocation& revocation) {
  std::string entry(1, static_cast<char>(revocation.kind));
  PutTime(&entry, revocation.end);
  PutTime(&entry, revocation.issued_before);
  if (revocation.kind == Revocation::Kind::kToken) return entry + revocation.id;
  const std::optional<uuid::Uuid> id = uuid::Uuid::Parse(revocation.id);
  return entry + std::string(AsBytes(id.value()));
}

absl::StatusOr<Revocation> DecodeRevocation(std::string_view entry) {
  Reader reader(entry);
  Revocation revocation;
  revocation.kind = static_cast<Revocation::Kind>(reader.Number(1));
  revocation.end = reader.Instant();
  revocation.issued_before = reader.Instant();
  switch (revocation.kind) {
    case Revocation::Kind::kToken:
      while (reader.ok() && !reader.at_end()) revocation.id += reader.Take(1);
      break;
    case Revocation::Kind::kSession:
    case Revocation::Kind::kUser:
      revocation.id = reader.Id().ToString();
      break;
    default:
      return Damaged("a revocation");
  }
  if (!reader.ok() || !reader.at_end()) return Damaged("a revocation");
  return revocation;
}

std::string_view AsBytes(const uuid::Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()};
}

absl::StatusOr<uuid::Uuid> UuidFromBytes(std::string_view bytes) {
  Reader reader(bytes);
  const uuid::Uuid id = reader.Id();
  if (!reader.ok() || !reader.at_end()) return Damaged("an ID");
  return id;
}

}  // namespace tokenforge::sessions
