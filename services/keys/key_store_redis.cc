#include "services/keys/key_store_redis.h"

#include <array>
#include <charconv>
#include <utility>

#include "lib/errors/errors.h"

namespace tokenforge::keys {
namespace {

constexpr char kLifeSeconds[] = "31536000";

// KEYS: the hash. ARGV: its life in seconds. Prolonged when a day of it has passed, not at each
// read: a write costs the append-only file.
const redis::Script& ReadScript() {
  static const auto& script = *new redis::Script("read_keys", R"lua(
    local stored = redis.call('HMGET', KEYS[1], 'version', 'value')
    local life = tonumber(ARGV[1])
    if stored[1] and redis.call('TTL', KEYS[1]) < life - 86400 then
      redis.call('EXPIRE', KEYS[1], life)
    end
    return stored
  )lua");
  return script;
}

// KEYS: the hash. ARGV: its life in seconds, the expected version, the new version, the new value,
// and the channel that is told. Telling may fail (a user without the right to publish): what counts
// is stored by then, and others poll.
// Versions are compared as text: a Lua number would round large ones. A hash without a version is
// damaged, not empty, and stays as it is.
const redis::Script& ReplaceScript() {
  static const auto& script = *new redis::Script("replace_keys", R"lua(
    local stored = redis.call('HMGET', KEYS[1], 'version', 'value')
    if stored[1] == ARGV[3] and stored[2] == ARGV[4] then return 1 end
    if (stored[1] or '0') ~= ARGV[2] then return 0 end
    if not stored[1] and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
    redis.call('HSET', KEYS[1], 'version', ARGV[3], 'value', ARGV[4])
    redis.call('EXPIRE', KEYS[1], ARGV[1])
    redis.pcall('PUBLISH', ARGV[5], ARGV[3])
    return 1
  )lua");
  return script;
}

absl::Status Damaged() {
  return errors::Make(errors::reasons::INTERNAL_FAULT,
                      "tf:{keys}:set in Redis is damaged: it needs a version and a value");
}

absl::StatusOr<std::optional<StoredValue>> ReadReply(const redis::Reply& reply) {
  const auto items = reply.AsArrayOf(2);
  if (!items.ok()) return items.status();
  const redis::Reply& version = (*items)[0];
  const redis::Reply& value = (*items)[1];
  if (version.IsNil() && value.IsNil()) return std::nullopt;
  if (version.IsNil() || value.IsNil()) return Damaged();
  const auto digits = version.AsBytes();
  const auto bytes = value.AsBytes();
  if (!digits.ok()) return digits.status();
  if (!bytes.ok()) return bytes.status();
  StoredValue stored;
  const char* const end = digits->data() + digits->size();
  const auto parsed = std::from_chars(digits->data(), end, stored.version);
  if (parsed.ec != std::errc() || parsed.ptr != end || stored.version == 0) return Damaged();
  stored.value = *bytes;
  return stored;
}

}  // namespace

async::Task<absl::StatusOr<std::optional<StoredValue>>> KeyStoreRedis::Read(
    clock::SteadyTime deadline) {
  const std::array<std::string, 1> keys = {kKey};
  const std::array<std::string, 1> arguments = {kLifeSeconds};
  const absl::StatusOr<redis::Reply> reply =
      co_await client_.CallScript(ReadScript(), keys, arguments, deadline);
  if (!reply.ok()) co_return reply.status();
  co_return ReadReply(*reply);
}

async::Task<absl::StatusOr<bool>> KeyStoreRedis::Replace(std::uint64_t expected, StoredValue next,
                                                         clock::SteadyTime deadline) {
  const std::array<std::string, 1> keys = {kKey};
  const std::array<std::string, 5> arguments = {kLifeSeconds, std::to_string(expected),
                                                std::to_string(next.version), std::move(next.value),
                                                kNews};
  const absl::StatusOr<redis::Reply> reply =
      co_await client_.CallScript(ReplaceScript(), keys, arguments, deadline);
  if (!reply.ok()) co_return reply.status();
  const absl::StatusOr<std::int64_t> replaced = reply->AsInteger();
  if (!replaced.ok()) co_return replaced.status();
  co_return *replaced == 1;
}

}  // namespace tokenforge::keys
