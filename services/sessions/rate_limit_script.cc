#include "services/sessions/rate_limit_script.h"

#include <string>

#include "services/sessions/account_lock.h"
#include "services/sessions/token_bucket.h"

namespace tokenforge::sessions::scripts {
namespace {

// A value: version 1, what is missing or how many failures, and the marks of both clocks. A bucket
// that is full and a streak that has not begun have none.
constexpr const char* kStep = R"lua(
local now, slack = clock_now(ARGV[1]), tonumber(ARGV[2])

local function numbers(at, names)
  local policy = {}
  for i, name in ipairs(names) do policy[name] = tonumber(ARGV[at + i - 1]) end
  return policy
end

local function tokens_at(at)
  local policy, tokens = numbers(at + 2, {'burst', 'refill', 'period'}), tonumber(ARGV[at + 1])
  return {
    count = 'spent',
    refresh = function(state) return bucket_refill(state, policy, now) end,
    wait = function(state) return bucket_until_holds(state, policy, tokens, now) end,
    take = function(state) bucket_spend(state, policy, tokens, now) end,
    give = function(state) bucket_give_back(state, policy, tokens) end,
    left = function(state) return bucket_remaining(state, policy) end,
    reset = function(state) return bucket_until_full(state, policy, now) end,
    life = function(state) return bucket_until_full(state, policy, now) end,
  }
end

local function streak_at(at)
  local policy = numbers(at + 2, {'after', 'shortest', 'longest', 'forget'})
  local ends = ARGV[at] == 'end'
  return {
    count = 'failures',
    refresh = function(state) return streak_recall(state, policy, now) end,
    wait = function(state) return streak_until_open(state, policy, now) end,
    take = function(state) streak_count(state, now) end,
    give = function(state)
      if ends then streak_end(state) else streak_take_back(state, policy) end
    end,
    left = function(state) return streak_attempts_left(state, policy, now) end,
    reset = function(state)
      local lock = streak_until_open(state, policy, now)
      return lock > 0 and lock or streak_until_forgotten(state, policy, now)
    end,
    life = function(state) return streak_until_forgotten(state, policy, now) end,
  }
end

local values, buckets, allowed, longest = redis.call('MGET', unpack(KEYS)), {}, true, 0
for i, key in ipairs(KEYS) do
  local at = 6 * i - 3
  local rule = ARGV[at] == 'tokens' and tokens_at(at) or streak_at(at)
  local state = {[rule.count] = 0, store = now.store, service = now.service}
  if values[i] then
    if #values[i] ~= 20 or string.byte(values[i]) ~= 1 then
      return redis.error_reply('DAMAGED bucket')
    end
    local _
    _, state[rule.count], state.store, state.service = struct.unpack('>I1I7I6I6', values[i])
  end
  local bucket = {key = key, rule = rule, state = state, stored = values[i]}
  bucket.save = rule.refresh(state)
  if taking then longest = math.max(longest, rule.wait(state)) end
  buckets[i] = bucket
end
allowed = longest == 0

local function save(bucket)
  local state, count = bucket.state, bucket.state[bucket.rule.count]
  if count > 0 then
    local value = struct.pack('>I1I7I6I6', 1, count, state.store, state.service)
    local life = string.format('%.0f', bucket.rule.life(state) + slack)
    redis.call('SET', bucket.key, value, 'PX', life)
  elseif bucket.stored then
    redis.call('DEL', bucket.key)
  end
end

local answer = {allowed and 1 or 0, longest}
for _, bucket in ipairs(buckets) do
  if allowed then
    if taking then bucket.rule.take(bucket.state) else bucket.rule.give(bucket.state) end
  end
  if allowed or bucket.save then save(bucket) end
  answer[#answer + 1] = bucket.rule.left(bucket.state)
  answer[#answer + 1] = bucket.rule.reset(bucket.state)
end
return answer
)lua";

redis::Script Make(const char* name, const char* taking, redis::Script::Repeats repeats) {
  return redis::Script(
      name, taking + std::string(kTokenBucketLua) + std::string(kAccountLockLua) + kStep, repeats);
}

}  // namespace

const redis::Script& TakeFromBuckets() {
  static const redis::Script script =
      Make("sessions.take_tokens", "local taking = true\n", redis::Script::Repeats::kFreely);
  return script;
}

const redis::Script& GiveToBuckets() {
  static const redis::Script script =
      Make("sessions.give_tokens", "local taking = false\n", redis::Script::Repeats::kNever);
  return script;
}

}  // namespace tokenforge::sessions::scripts
