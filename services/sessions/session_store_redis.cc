#include "services/sessions/session_store_redis.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/redis/run_all.h"
#include "services/sessions/revocations_made.h"
#include "services/sessions/session_record.h"
#include "services/sessions/session_scripts.h"

namespace tokenforge::sessions {
namespace {

std::string Milliseconds(Span span) { return std::to_string(span.count()); }
std::string Milliseconds(Time time) { return Milliseconds(time.time_since_epoch()); }

// An epoch outlives the sessions that it ends, also if the clock that set it was ahead, or one that
// creates sessions is.
constexpr Span kEpochSlack = std::chrono::days(1);

constexpr size_t kLogPage = 500;  // entries of one bucket

std::string BucketKey(int bucket, std::string_view rest) {
  return "tf:{b" + std::to_string(bucket) + "}:" + std::string(rest);
}

// The last byte is random in every version of UUID that we make.
int BucketOf(const uuid::Uuid& user) { return user.bytes().back() % SessionStoreRedis::kBuckets; }

std::string UserKey(const uuid::Uuid& user) {
  return BucketKey(BucketOf(user), "u:" + std::string(AsBytes(user)));
}

absl::Status Unexpected() {
  return errors::Make(errors::reasons::INTERNAL_FAULT, "a session script answered something else");
}

absl::StatusOr<std::vector<uuid::Uuid>> IdsIn(const redis::Reply& reply) {
  const auto items = reply.AsArray();
  if (!items.ok()) return items.status();
  std::vector<uuid::Uuid> ids;
  for (const redis::Reply& item : *items) {
    const auto bytes = item.AsBytes();
    if (!bytes.ok()) return bytes.status();
    const auto id = UuidFromBytes(*bytes);
    if (!id.ok()) return id.status();
    ids.push_back(*id);
  }
  return ids;
}

// None: nothing was ended. What cannot be read is a fault: sessions that are over must not come
// back.
absl::StatusOr<std::optional<Time>> ReadEpoch(const redis::Reply& reply) {
  if (reply.IsNil()) return std::nullopt;
  const auto text = reply.AsBytes();
  if (!text.ok()) return text.status();
  int64_t milliseconds = 0;
  const auto [end, fault] =
      std::from_chars(text->data(), text->data() + text->size(), milliseconds);
  if (fault != std::errc() || end != text->data() + text->size()) {
    return errors::Make(errors::reasons::INTERNAL_FAULT, "an epoch in Redis is damaged");
  }
  return Time(Span(milliseconds));
}

std::optional<Verdict> VerdictOf(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Verdict>, 7> kWords = {{
      {"rotated", Verdict::kRotated},
      {"repeated", Verdict::kRepeated},
      {"superseded", Verdict::kSuperseded},
      {"reused", Verdict::kReused},
      {"ended", Verdict::kEnded},
      {"other_client", Verdict::kOtherClient},
      {"limited", Verdict::kLimited},
  }};
  for (const auto& [name, verdict] : kWords) {
    if (name == word) return verdict;
  }
  return std::nullopt;
}

absl::StatusOr<Attempts> ReadAttempts(std::span<const redis::Reply> items) {
  std::array<int64_t, 3> numbers;
  if (items.size() != 1 + numbers.size()) return Unexpected();
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto number = items[i + 1].AsInteger();
    if (!number.ok()) return number.status();
    numbers[i] = *number;
  }
  return Attempts{numbers[0], Span(numbers[1]), Span(numbers[2])};
}

absl::StatusOr<Rotation> ReadRotation(const Presented& token, const redis::Reply& reply, Time now,
                                      const Policy& policy) {
  const auto items = reply.AsArray();
  if (!items.ok()) return items.status();
  if (items->empty()) return Unexpected();
  const auto word = (*items)[0].AsBytes();
  if (!word.ok()) return word.status();
  const std::optional<Verdict> verdict = VerdictOf(*word);
  if (!verdict) return Unexpected();
  Rotation rotation{*verdict, {}, {}, {}};
  if (items->size() == 1) return rotation;
  if (*verdict == Verdict::kLimited) {
    const auto attempts = ReadAttempts(*items);
    if (!attempts.ok()) return attempts.status();
    rotation.attempts = *attempts;
    return rotation;
  }
  const auto record = items->back().AsBytes();
  if (!record.ok()) return record.status();
  auto session = DecodeRecord(token.user, *record);
  if (!session.ok()) return session.status();
  rotation.session = *std::move(session);
  if (*verdict == Verdict::kReused) {
    auto ids = IdsIn((*items)[1]);
    if (!ids.ok()) return ids.status();
    rotation.revocations = policy.reuse == ReusePolicy::kUser
                               ? RevokeUser(token.user, *ids, now, policy)
                               : RevokeSessions(*ids, now, policy);
  }
  return rotation;
}

// XREAD's answer of one bucket: nil, or {{key, {{entry ID, {field, value}}, …}}}.
absl::Status ReadBucketReply(const redis::Reply& reply, int bucket, Time now, LogPage* page) {
  if (reply.IsNil()) return absl::OkStatus();  // nothing new
  const auto streams = reply.AsArrayOf(1);
  if (!streams.ok()) return streams.status();
  const auto stream = (*streams)[0].AsArrayOf(2);
  if (!stream.ok()) return stream.status();
  const auto entries = (*stream)[1].AsArray();
  if (!entries.ok()) return entries.status();
  for (const redis::Reply& each : *entries) {
    const auto entry = each.AsArrayOf(2);
    if (!entry.ok()) return entry.status();
    const auto id = (*entry)[0].AsBytes();
    const auto fields = (*entry)[1].AsArrayOf(2);
    if (!id.ok() || !fields.ok()) return Unexpected();
    const auto bytes = (*fields)[1].AsBytes();
    if (!bytes.ok()) return bytes.status();
    auto revocation = DecodeRevocation(*bytes);
    if (!revocation.ok()) return revocation.status();
    if (revocation->end > now) page->revocations.push_back(*std::move(revocation));
    page->cursor[static_cast<size_t>(bucket)] = *id;
  }
  page->more = page->more || entries->size() == kLogPage;
  return absl::OkStatus();
}

// The bucket's stream from this place on.
redis::Command ReadBucket(int bucket, const std::string& from) {
  static const std::string count = std::to_string(kLogPage);
  const std::string key = BucketKey(bucket, "r");
  return redis::Command({"XREAD", "COUNT", count, "STREAMS", key, from});
}

}  // namespace

redis::Command SessionStoreRedis::CallFor(const redis::Script& script, uuid::Uuid user, Time now,
                                          std::initializer_list<std::string_view> own) const {
  const int bucket = BucketOf(user);
  const std::array<std::string, 3> keys = {UserKey(user), BucketKey(bucket, "r"),
                                           BucketKey(bucket, "e")};
  Arguments arguments = {Milliseconds(now), Milliseconds(policy_.idle_life),
                         Milliseconds(policy_.absolute_life),
                         Milliseconds(RevocationEnd(now, policy_)),
                         // Longer than any entry matters, by what two machines' clocks may differ.
                         Milliseconds(RevocationLife(policy_) + std::chrono::minutes(1))};
  arguments.insert(arguments.end(), own.begin(), own.end());
  return redis::Command(script, keys, arguments);
}

async::Task<absl::StatusOr<std::vector<Revocation>>> SessionStoreRedis::Add(const Session& session,
                                                                            Moment moment) {
  const std::string most = std::to_string(policy_.max_sessions);
  const std::string record = EncodeRecord(session);
  redis::Command command =
      CallFor(scripts::Add(), session.user, moment.now, {most, AsBytes(session.id), record});
  const auto reply = co_await lasting_.Call(std::move(command), moment.deadline);
  if (!reply.ok()) co_return reply.status();
  const auto ended = IdsIn(*reply);
  if (!ended.ok()) co_return ended.status();
  co_return RevokeSessions(*ended, moment.now, policy_);
}

async::Task<absl::StatusOr<Rotation>> SessionStoreRedis::Rotate(const Presented& token,
                                                                Moment moment) {
  const std::string grace = Milliseconds(policy_.grace);
  const std::string before = Milliseconds(RevokedBefore(moment.now));
  const std::string generation = std::to_string(token.generation);
  std::array<std::string, 4> limit;
  if (policy_.refresh_limit) {
    limit = {std::to_string(policy_.refresh_limit->burst),
             std::to_string(policy_.refresh_limit->refill),
             Milliseconds(policy_.refresh_limit->period), Milliseconds(moment.anchored)};
  }
  redis::Command command = CallFor(
      scripts::Rotate(), token.user, moment.now,
      {grace, policy_.reuse == ReusePolicy::kSession ? "session" : "user", AsBytes(token.user),
       before, AsBytes(token.session), generation, token.client, token.device.name,
       token.device.user_agent, token.device.ip_address, limit[0], limit[1], limit[2], limit[3]});
  const auto reply = co_await client_.Call(std::move(command), moment.deadline);
  if (!reply.ok()) co_return reply.status();
  absl::StatusOr<Rotation> rotation = ReadRotation(token, *reply, moment.now, policy_);
  if (rotation.ok() && rotation->verdict == Verdict::kReused && &lasting_ != &client_) {
    // Once more where replicas confirm it. A failure does not change the verdict: should the first
    // be lost with its server, the stolen token is a theft again at its next use.
    auto ending = policy_.reuse == ReusePolicy::kUser ? EndAll(token.user, std::nullopt, moment)
                                                      : End(token.user, token.session, moment);
    co_await std::move(ending);
  }
  co_return rotation;
}

async::Task<absl::StatusOr<std::vector<Session>>> SessionStoreRedis::List(uuid::Uuid user,
                                                                          Moment moment) {
  const std::string key = UserKey(user);
  const std::string epoch_key = BucketKey(BucketOf(user), "e");
  redis::Command command({"MGET", key, epoch_key});
  const auto reply = co_await client_.Call(std::move(command), moment.deadline);
  if (!reply.ok()) co_return reply.status();
  const auto values = reply->AsArrayOf(2);
  if (!values.ok()) co_return values.status();
  if ((*values)[0].IsNil()) co_return std::vector<Session>();
  const auto value = (*values)[0].AsBytes();
  if (!value.ok()) co_return value.status();
  absl::StatusOr<std::vector<Session>> sessions = DecodeRecords(user, *value);
  if (!sessions.ok()) co_return sessions.status();
  const absl::StatusOr<std::optional<Time>> epoch = ReadEpoch((*values)[1]);
  if (!epoch.ok()) co_return epoch.status();
  std::erase_if(*sessions, [&](const Session& each) { return each.lineage.created <= *epoch; });
  co_return NewestFirst(*std::move(sessions), moment.now, policy_);
}

async::Task<absl::StatusOr<Ending>> SessionStoreRedis::End(uuid::Uuid user, uuid::Uuid session,
                                                           Moment moment) {
  redis::Command command = CallFor(scripts::End(), user, moment.now, {AsBytes(session)});
  const auto reply = co_await lasting_.Call(std::move(command), moment.deadline);
  if (!reply.ok()) co_return reply.status();
  const auto ended = IdsIn(*reply);
  if (!ended.ok()) co_return ended.status();
  co_return Ending{static_cast<int>(ended->size()), RevokeSessions(*ended, moment.now, policy_)};
}

async::Task<absl::StatusOr<Ending>> SessionStoreRedis::EndAll(uuid::Uuid user,
                                                              std::optional<uuid::Uuid> keep,
                                                              Moment moment) {
  const std::string before = Milliseconds(RevokedBefore(moment.now));
  redis::Command command =
      CallFor(scripts::EndAll(), user, moment.now,
              {keep ? AsBytes(*keep) : std::string_view(), AsBytes(user), before});
  const auto reply = co_await lasting_.Call(std::move(command), moment.deadline);
  if (!reply.ok()) co_return reply.status();
  const auto ended = IdsIn(*reply);
  if (!ended.ok()) co_return ended.status();
  co_return Ending{static_cast<int>(ended->size()),
                   keep ? RevokeSessions(*ended, moment.now, policy_)
                        : RevokeUser(user, *ended, moment.now, policy_)};
}

async::Task<absl::Status> SessionStoreRedis::EndEverybodys(Moment moment) {
  const std::array<std::string, 2> arguments = {Milliseconds(moment.now),
                                                Milliseconds(policy_.absolute_life + kEpochSlack)};
  std::vector<redis::Command> commands;
  for (int bucket = 0; bucket < kBuckets; ++bucket) {
    const std::array<std::string, 1> keys = {BucketKey(bucket, "e")};
    commands.emplace_back(scripts::EndEverybodys(), keys, arguments);
  }
  auto all = RunAll(lasting_, std::move(commands), moment.deadline);
  co_return co_await std::move(all);
}

async::Task<absl::Status> SessionStoreRedis::Revoke(uuid::Uuid user, const Revocation& revocation,
                                                    Moment moment) {
  const std::string entry = EncodeRevocation(revocation);
  redis::Command command = CallFor(scripts::Revoke(), user, moment.now, {entry});
  const auto reply = co_await lasting_.Call(std::move(command), moment.deadline);
  co_return reply.status();
}

// A command for each bucket, in one round: on a cluster they lie on many servers.
async::Task<absl::StatusOr<LogPage>> SessionStoreRedis::ReadLog(const LogCursor& cursor,
                                                                Moment moment) {
  // Asked before: what is lost meanwhile makes the next reader begin anew.
  const std::string losses = std::to_string(client_.Losses());
  LogPage page;
  page.cursor = LogCursor(kBuckets, "0");
  if (cursor.size() == kBuckets + 1 && cursor.back() == losses) page.cursor = cursor;
  page.cursor.resize(kBuckets + 1, losses);
  std::vector<redis::Command> commands;
  for (int bucket = 0; bucket < kBuckets; ++bucket) {
    commands.push_back(ReadBucket(bucket, page.cursor[bucket]));
  }
  auto all = redis::CallAll(client_, std::move(commands), moment.deadline);
  const absl::StatusOr<std::vector<redis::Reply>> replies = co_await std::move(all);
  if (!replies.ok()) co_return replies.status();
  for (int bucket = 0; bucket < kBuckets; ++bucket) {
    if (absl::Status fault = ReadBucketReply((*replies)[bucket], bucket, moment.now, &page);
        !fault.ok()) {
      co_return fault;
    }
  }
  co_return page;
}

}  // namespace tokenforge::sessions
