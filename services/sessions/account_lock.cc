#include "services/sessions/account_lock.h"

namespace tokenforge::sessions {

std::vector<std::string> LockFaults(const LockPolicy& policy) {
  std::vector<std::string> faults;
  if (policy.shortest > policy.longest) {
    faults.emplace_back("account-lock-min is longer than account-lock-max");
  }
  if (policy.forget <= policy.longest) {
    faults.emplace_back(
        "account-lock-forget must be longer than account-lock-max: a streak would be forgotten "
        "while it locks");
  }
  return faults;
}

Span LockOf(std::int64_t failures, const LockPolicy& policy) {
  if (failures < policy.after) return Span(0);
  Span lock = policy.shortest;
  for (std::int64_t i = policy.after; i < failures && lock < policy.longest; ++i) lock *= 2;
  return std::min(lock, policy.longest);
}

bool Recall(Streak& streak, const LockPolicy& policy, TwoClocks now) {
  const TwoClocks held = NotBeyond(streak.last, now, LockOf(streak.failures, policy));
  const bool brought_back = held != streak.last;
  streak.last = held;
  if (streak.failures == 0 || ElapsedSince(held, now) >= policy.forget) streak = {0, now};
  return brought_back;
}

Span UntilOpen(const Streak& streak, const LockPolicy& policy, TwoClocks now) {
  const Span left = LockOf(streak.failures, policy) - ElapsedSince(streak.last, now);
  return left > Span(0) ? left + UntilReached(streak.last, now) : Span(0);
}

Span UntilForgotten(const Streak& streak, const LockPolicy& policy, TwoClocks now) {
  if (streak.failures == 0) return Span(0);
  return policy.forget - ElapsedSince(streak.last, now) + UntilReached(streak.last, now);
}

std::int64_t AttemptsLeft(const Streak& streak, const LockPolicy& policy, TwoClocks now) {
  if (streak.failures < policy.after) return policy.after - streak.failures;
  return UntilOpen(streak, policy, now) > Span(0) ? 0 : 1;
}

void CountFailure(Streak& streak, TwoClocks now) {
  streak = {streak.failures + 1, Later(streak.last, now)};
}

void TakeBack(Streak& streak, const LockPolicy& policy) {
  if (streak.failures > 0) --streak.failures;
  // It had gone through, so the lock of those before it was over: it stays over.
  const Span over = LockOf(streak.failures, policy);
  streak.last = {std::max(Span(0), streak.last.store - over),
                 std::max(Span(0), streak.last.service - over)};
}

const std::string_view kAccountLockLua = R"lua(
local function streak_lock(failures, policy)
  if failures < policy.after then return 0 end
  return math.min(policy.longest, policy.shortest * 2 ^ (failures - policy.after))
end

local function streak_end(streak)
  streak.failures = 0
end

local function streak_recall(streak, policy, now)
  local brought_back = clock_not_beyond(streak, now, streak_lock(streak.failures, policy))
  if streak.failures == 0 or clock_elapsed(streak, now) >= policy.forget then
    streak.failures, streak.store, streak.service = 0, now.store, now.service
  end
  return brought_back
end

local function streak_until_open(streak, policy, now)
  local left = streak_lock(streak.failures, policy) - clock_elapsed(streak, now)
  return left > 0 and left + clock_until_reached(streak, now) or 0
end

local function streak_until_forgotten(streak, policy, now)
  if streak.failures == 0 then return 0 end
  return policy.forget - clock_elapsed(streak, now) + clock_until_reached(streak, now)
end

local function streak_attempts_left(streak, policy, now)
  if streak.failures < policy.after then return policy.after - streak.failures end
  return streak_until_open(streak, policy, now) > 0 and 0 or 1
end

local function streak_count(streak, now)
  streak.failures = streak.failures + 1
  clock_later(streak, now)
end

local function streak_take_back(streak, policy)
  streak.failures = math.max(0, streak.failures - 1)
  local over = streak_lock(streak.failures, policy)
  streak.store = math.max(0, streak.store - over)
  streak.service = math.max(0, streak.service - over)
end
)lua";

}  // namespace tokenforge::sessions
