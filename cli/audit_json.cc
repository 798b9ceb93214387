#include "cli/audit_json.h"

#include <google/protobuf/util/time_util.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/escaping.h"
#include "lib/telemetry/json_text.h"

namespace tokenforge::cli {
namespace {

using google::protobuf::util::TimeUtil;
using rapidjson::Value;
using std::chrono::microseconds;

// In pieces: AppendJsonString cuts what is longer than a log's field may be.
void AppendText(std::string_view text, std::string& to) {
  constexpr std::size_t kPiece = telemetry::kMaxJsonString / 2;
  to += '"';
  while (!text.empty()) {
    std::size_t size = std::min(text.size(), kPiece);
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    std::string piece;
    telemetry::AppendJsonString(text.substr(0, size), &piece);
    to.append(piece, 1, piece.size() - 2);
    text.remove_prefix(size);
  }
  to += '"';
}

void AppendMember(std::string_view name, std::string_view value, std::string& to) {
  to += ",\"" + std::string(name) + "\":";
  AppendText(value, to);
}

// Takes a member that is a text.
bool Read(const Value& object, const char* name, std::string& into) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return false;
  into.assign(member->value.GetString(), member->value.GetStringLength());
  return true;
}

bool ReadTime(const Value& object, clock::WallTime& into) {
  std::string text;
  google::protobuf::Timestamp time;
  if (!Read(object, "event_time", text) || !TimeUtil::FromString(text, &time)) return false;
  into = clock::WallTime(microseconds(TimeUtil::TimestampToMicroseconds(time)));
  return true;
}

bool ReadAttributes(const Value& object, std::map<std::string, std::string>& into) {
  const auto member = object.FindMember("attributes");
  if (member == object.MemberEnd() || !member->value.IsObject()) return false;
  for (const auto& each : member->value.GetObject()) {
    if (!each.value.IsString()) return false;
    const std::string name(each.name.GetString(), each.name.GetStringLength());
    // Twice the same name: two readers might see two different events.
    if (!into.emplace(name, std::string(each.value.GetString(), each.value.GetStringLength()))
             .second) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string JsonLineOf(const audit::Event& event) {
  const auto time = std::chrono::floor<microseconds>(event.time.time_since_epoch()).count();
  std::string line = "{\"sequence\":" + std::to_string(event.sequence);
  AppendMember("event_time", TimeUtil::ToString(TimeUtil::MicrosecondsToTimestamp(time)), line);
  AppendMember("kind", event.kind, line);
  AppendMember("user_id", event.user_id, line);
  AppendMember("actor", event.actor, line);
  AppendMember("ip_address", event.ip_address, line);
  AppendMember("request_id", event.request_id, line);
  AppendMember("trace_id", event.trace_id, line);
  line += ",\"attributes\":{";
  for (auto each = event.attributes.begin(); each != event.attributes.end(); ++each) {
    if (each != event.attributes.begin()) line += ',';
    AppendText(each->first, line);
    line += ':';
    AppendText(each->second, line);
  }
  line += '}';
  AppendMember("hash", absl::BytesToHexString(event.hash), line);
  return line + "}";
}

std::optional<audit::Event> EventOfJsonLine(std::string_view line) {
  constexpr rapidjson::SizeType kMembers = 10;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      line.data(), line.size());
  if (document.HasParseError() || !document.IsObject() || document.MemberCount() != kMembers) {
    return std::nullopt;
  }
  audit::Event event;
  std::string hash;
  const auto sequence = document.FindMember("sequence");
  if (sequence == document.MemberEnd() || !sequence->value.IsInt64() ||
      !ReadTime(document, event.time) || !Read(document, "kind", event.kind) ||
      !Read(document, "user_id", event.user_id) || !Read(document, "actor", event.actor) ||
      !Read(document, "ip_address", event.ip_address) ||
      !Read(document, "request_id", event.request_id) ||
      !Read(document, "trace_id", event.trace_id) || !ReadAttributes(document, event.attributes) ||
      !Read(document, "hash", hash) || hash.size() != 64 ||
      hash.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return std::nullopt;
  }
  event.sequence = sequence->value.GetInt64();
  event.hash = absl::HexStringToBytes(hash);
  return event;
}

}  // namespace tokenforge::cli
