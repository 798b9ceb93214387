#include "services/sessions/rate_limit_store_memory.h"

#include <algorithm>

namespace tokenforge::sessions {
namespace {

// The two kinds of rule under the same names.

bool BringToNow(TokenBucket& bucket, const TokenPolicy& policy, TwoClocks now) {
  return Refill(bucket, policy, now);
}
bool BringToNow(Streak& streak, const LockPolicy& policy, TwoClocks now) {
  return Recall(streak, policy, now);
}

Span Wait(const TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens,
          TwoClocks now) {
  return UntilHolds(bucket, policy, tokens, now);
}
Span Wait(const Streak& streak, const LockPolicy& policy, std::int64_t, TwoClocks now) {
  return UntilOpen(streak, policy, now);
}

void TakeFrom(TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens, TwoClocks now) {
  Spend(bucket, policy, tokens, now);
}
void TakeFrom(Streak& streak, const LockPolicy&, std::int64_t, TwoClocks now) {
  CountFailure(streak, now);
}

void GiveTo(TokenBucket& bucket, const TokenPolicy& policy, const BucketShare& share) {
  sessions::GiveBack(bucket, policy, share.tokens);
}
void GiveTo(Streak& streak, const LockPolicy& policy, const BucketShare& share) {
  share.ends_streak ? EndStreak(streak) : TakeBack(streak, policy);
}

BucketLevel LevelOf(const TokenBucket& bucket, const TokenPolicy& policy, TwoClocks now) {
  return {policy.burst, Remaining(bucket, policy), UntilFull(bucket, policy, now)};
}
BucketLevel LevelOf(const Streak& streak, const LockPolicy& policy, TwoClocks now) {
  const Span lock = UntilOpen(streak, policy, now);
  return {policy.after, AttemptsLeft(streak, policy, now),
          lock > Span(0) ? lock : UntilForgotten(streak, policy, now)};
}

bool AtBeginning(const TokenBucket& bucket) { return bucket.spent == 0; }
bool AtBeginning(const Streak& streak) { return streak.failures == 0; }

}  // namespace

struct RateLimitStoreMemory::Open {
  const BucketShare& share;
  Key key;
  State state;
  bool brought_back = false;

  // Calls `visit` with the state and the rule for it.
  template <class Visit>
  auto With(Visit visit) {
    if (const auto* policy = std::get_if<TokenPolicy>(&share.rule)) {
      return visit(std::get<TokenBucket>(state), *policy);
    }
    return visit(std::get<Streak>(state), std::get<LockPolicy>(share.rule));
  }
};

void RateLimitStoreMemory::FailWith(std::optional<errors::Reason> reason, std::string partition) {
  const sync::MutexLock lock(&mutex_);
  fault_ = reason;
  faulty_ = std::move(partition);
}

size_t RateLimitStoreMemory::size() const {
  const sync::MutexLock lock(&mutex_);
  return states_.size();
}

absl::Status RateLimitStoreMemory::Fault(const std::string& partition) const {
  if (!fault_ || (!faulty_.empty() && faulty_ != partition)) return absl::OkStatus();
  return errors::MakeRetryable(*fault_, "the store in memory was told to fail", Span(200));
}

TwoClocks RateLimitStoreMemory::Now(StepMoment moment) const {
  return {std::chrono::floor<Span>(clock_.Now().time_since_epoch()), moment.service};
}

std::vector<RateLimitStoreMemory::Open> RateLimitStoreMemory::OpenAll(
    const std::string& partition, const std::vector<BucketShare>& shares, TwoClocks now) {
  std::vector<Open> all;
  for (const BucketShare& share : shares) {
    const bool tokens = std::holds_alternative<TokenPolicy>(share.rule);
    Open open{share,
              {share.policy, partition, share.subject},
              tokens ? State(TokenBucket{0, now}) : State(Streak{0, now})};
    if (const auto found = states_.find(open.key); found != states_.end()) {
      open.state = found->second;
    }
    open.brought_back = open.With(
        [now](auto& state, const auto& policy) { return BringToNow(state, policy, now); });
    all.push_back(std::move(open));
  }
  return all;
}

void RateLimitStoreMemory::Save(const Open& open) {
  if (std::visit([](const auto& state) { return AtBeginning(state); }, open.state)) {
    states_.erase(open.key);
  } else {
    states_.insert_or_assign(open.key, open.state);
  }
}

async::Task<absl::StatusOr<StepResult>> RateLimitStoreMemory::Take(
    const std::string& partition, const std::vector<BucketShare>& shares, StepMoment moment) {
  const sync::MutexLock lock(&mutex_);
  if (absl::Status fault = Fault(partition); !fault.ok()) co_return fault;
  const TwoClocks now = Now(moment);
  std::vector<Open> all = OpenAll(partition, shares, now);
  StepResult result;
  for (Open& open : all) {
    const Span wait = open.With([&](auto& state, const auto& policy) {
      return Wait(state, policy, open.share.tokens, now);
    });
    result.retry_after = std::max(result.retry_after, wait);
  }
  result.allowed = result.retry_after == Span(0);
  for (Open& open : all) {
    if (result.allowed) {
      open.With([&](auto& state, const auto& policy) {
        TakeFrom(state, policy, open.share.tokens, now);
      });
    }
    if (result.allowed || open.brought_back) Save(open);
    result.levels.push_back(
        open.With([now](auto& state, const auto& policy) { return LevelOf(state, policy, now); }));
  }
  co_return result;
}

async::Task<absl::StatusOr<StepResult>> RateLimitStoreMemory::GiveBack(
    const std::string& partition, const std::vector<BucketShare>& shares, StepMoment moment) {
  const sync::MutexLock lock(&mutex_);
  if (absl::Status fault = Fault(partition); !fault.ok()) co_return fault;
  const TwoClocks now = Now(moment);
  StepResult result;
  for (Open& open : OpenAll(partition, shares, now)) {
    open.With([&](auto& state, const auto& policy) { GiveTo(state, policy, open.share); });
    Save(open);
    result.levels.push_back(
        open.With([now](auto& state, const auto& policy) { return LevelOf(state, policy, now); }));
  }
  co_return result;
}

}  // namespace tokenforge::sessions
