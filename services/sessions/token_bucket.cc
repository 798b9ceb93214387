#include "services/sessions/token_bucket.h"

namespace tokenforge::sessions {
namespace {

constexpr std::int64_t kMostTokens = 1'000'000;
constexpr Span kShortestPeriod = std::chrono::seconds(1);
constexpr Span kLongest = std::chrono::days(1);

std::int64_t CeilDiv(std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

std::int64_t Parts(const TokenPolicy& policy, std::int64_t tokens) {
  return tokens * policy.period.count();
}

Span FromEmpty(const TokenPolicy& policy) {
  return policy.refill == 0 ? policy.period
                            : Span(CeilDiv(Parts(policy, policy.burst), policy.refill));
}

}  // namespace

std::vector<std::string> PolicyFaults(const TokenPolicy& policy) {
  std::vector<std::string> faults;
  if (policy.burst < 1 || policy.burst > kMostTokens) {
    faults.emplace_back("the burst is 1 to 1000000 tokens");
  }
  if (policy.refill < 0 || policy.refill > kMostTokens) {
    faults.emplace_back("the refill is 0 to 1000000 tokens");
  }
  if (policy.period < kShortestPeriod || policy.period > kLongest) {
    faults.emplace_back("the period is 1s to 1d");
  }
  if (faults.empty() && FromEmpty(policy) > kLongest) {
    faults.emplace_back("an empty bucket must be full again within a day");
  }
  return faults;
}

bool Refill(TokenBucket& bucket, const TokenPolicy& policy, TwoClocks now) {
  const TwoClocks held = NotBeyond(bucket.mark, now, FromEmpty(policy));
  const bool brought_back = held != bucket.mark;
  bucket.mark = held;
  bucket.spent = std::min(bucket.spent, Parts(policy, policy.burst));
  const Span elapsed = ElapsedSince(bucket.mark, now);
  const std::int64_t needed =
      policy.refill == 0 ? policy.period.count() : CeilDiv(bucket.spent, policy.refill);
  if (bucket.spent == 0 || elapsed.count() >= needed) {
    bucket = {0, now};
  } else if (policy.refill > 0) {
    bucket.spent -= elapsed.count() * policy.refill;
    bucket.mark = bucket.mark + elapsed;
  }
  return brought_back;
}

bool Holds(const TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens) {
  return bucket.spent + Parts(policy, tokens) <= Parts(policy, policy.burst);
}

void Spend(TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens, TwoClocks now) {
  bucket.spent += Parts(policy, tokens);
  if (policy.refill == 0) bucket.mark = Later(bucket.mark, now);
}

void GiveBack(TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens) {
  bucket.spent = std::max<std::int64_t>(0, bucket.spent - Parts(policy, tokens));
}

std::int64_t Remaining(const TokenBucket& bucket, const TokenPolicy& policy) {
  return (Parts(policy, policy.burst) - bucket.spent) / policy.period.count();
}

Span UntilHolds(const TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens,
                TwoClocks now) {
  const std::int64_t missing = bucket.spent + Parts(policy, tokens) - Parts(policy, policy.burst);
  if (missing <= 0) return Span(0);
  const Span wait = UntilReached(bucket.mark, now);
  if (policy.refill > 0) return wait + Span(CeilDiv(missing, policy.refill));
  return wait + policy.period - ElapsedSince(bucket.mark, now);
}

const std::string_view kTokenBucketLua = R"lua(
local function clock_now(service)
  local time = redis.call('TIME')
  return {store = time[1] * 1000 + math.floor(time[2] / 1000), service = tonumber(service)}
end

local function clock_elapsed(mark, now)
  return math.max(0, math.min(now.store - mark.store, now.service - mark.service))
end

local function clock_until_reached(mark, now)
  return math.max(0, mark.store - now.store, mark.service - now.service)
end

-- True when the mark was brought back.
local function clock_not_beyond(mark, now, most)
  local store, service = mark.store, mark.service
  mark.store = math.min(store, now.store + most)
  mark.service = math.min(service, now.service + most)
  return mark.store ~= store or mark.service ~= service
end

local function clock_later(mark, now)
  mark.store, mark.service = math.max(mark.store, now.store), math.max(mark.service, now.service)
end

-- Exact below 2^53: fmod is, and so is the division of a multiple.
local function bucket_ceil_div(a, b)
  local rest = math.fmod(a, b)
  return (a - rest) / b + (rest > 0 and 1 or 0)
end

local function bucket_refill(bucket, policy, now)
  local size = policy.burst * policy.period
  local from_empty = policy.refill == 0 and policy.period or bucket_ceil_div(size, policy.refill)
  local brought_back = clock_not_beyond(bucket, now, from_empty)
  bucket.spent = math.min(bucket.spent, size)
  local elapsed = clock_elapsed(bucket, now)
  local needed = policy.refill == 0 and policy.period or bucket_ceil_div(bucket.spent, policy.refill)
  if bucket.spent == 0 or elapsed >= needed then
    bucket.spent, bucket.store, bucket.service = 0, now.store, now.service
  elseif policy.refill > 0 then
    bucket.spent = bucket.spent - elapsed * policy.refill
    bucket.store, bucket.service = bucket.store + elapsed, bucket.service + elapsed
  end
  return brought_back
end

local function bucket_holds(bucket, policy, tokens)
  return bucket.spent + tokens * policy.period <= policy.burst * policy.period
end

local function bucket_spend(bucket, policy, tokens, now)
  bucket.spent = bucket.spent + tokens * policy.period
  if policy.refill == 0 then clock_later(bucket, now) end
end

local function bucket_give_back(bucket, policy, tokens)
  bucket.spent = math.max(0, bucket.spent - tokens * policy.period)
end

local function bucket_remaining(bucket, policy)
  local rest = policy.burst * policy.period - bucket.spent
  return (rest - math.fmod(rest, policy.period)) / policy.period
end

local function bucket_until_holds(bucket, policy, tokens, now)
  local missing = bucket.spent + (tokens - policy.burst) * policy.period
  if missing <= 0 then return 0 end
  local wait = clock_until_reached(bucket, now)
  if policy.refill > 0 then return wait + bucket_ceil_div(missing, policy.refill) end
  return wait + policy.period - clock_elapsed(bucket, now)
end

local function bucket_until_full(bucket, policy, now)
  return bucket_until_holds(bucket, policy, policy.burst, now)
end
)lua";

}  // namespace tokenforge::sessions
