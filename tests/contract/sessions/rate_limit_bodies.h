// The bodies of RateLimitStore that the contract suite runs on, each with both clocks in the test's
// hands, and shares to take.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/redis/client.h"
#include "services/sessions/rate_limit_store_memory.h"
#include "services/sessions/rate_limit_store_redis.h"
#include "services/sessions/rate_limits.h"
#include "tests/fakes/fake_clock.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/server_clock.h"

namespace tokenforge::sessions {

inline constexpr Span kBeginning = std::chrono::days(20'000);

// A store of one kind and whatever it stands on; its own clock stands still until it is moved.
class LimitBody {
 public:
  virtual ~LimitBody() = default;
  virtual RateLimitStore& store() = 0;
  virtual void SetStoreClock(Span since_epoch) = 0;
};

class MemoryLimits final : public LimitBody {
 public:
  RateLimitStore& store() override { return store_; }
  void SetStoreClock(Span since_epoch) override {
    clock_.Step(since_epoch - std::chrono::floor<Span>(clock_.Now().time_since_epoch()));
  }
  RateLimitStoreMemory& memory() { return store_; }

 private:
  fakes::FakeClock clock_{std::chrono::floor<std::chrono::seconds>(kBeginning)};
  RateLimitStoreMemory store_{&clock_};
};

// The store may do what the user `sessions` of the ACL file that ships may do, and no more.
class RedisLimits final : public LimitBody {
 public:
  explicit RedisLimits(std::vector<std::string> settings = {})
      : server_(clock_.Start(fakes::AclUsers(), std::move(settings))) {}
  RateLimitStore& store() override { return store_; }
  void SetStoreClock(Span since_epoch) override { clock_.Set(since_epoch); }
  fakes::RedisServer& server() { return *server_; }
  // A client of the test's own, which may do everything.
  redis::Client& client() { return *client_; }
  void AwaitConnected() const {
    while (!stores_own_->Connected() || !client_->Connected()) std::this_thread::yield();
  }

 private:
  fakes::ServerClock clock_{kBeginning};
  std::unique_ptr<fakes::RedisServer> server_;
  std::unique_ptr<redis::Client> stores_own_ =
      redis::Open(fakes::As("sessions", fakes::OptionsFor(server_->address())));
  std::unique_ptr<redis::Client> client_ = redis::Open(fakes::OptionsFor(server_->address()));
  RateLimitStoreRedis store_{stores_own_.get()};
};

inline BucketShare TokensOf(const std::string& policy, const std::string& subject,
                            std::int64_t tokens = 1) {
  return {policy, *RateLimits().Find(policy), subject, tokens, false};
}
inline BucketShare Failure(const std::string& subject, LockPolicy policy = {}) {
  return {std::string(kAccountLock), policy, subject, 1, false};
}

// A body, both clocks, and steps on it.
class Bench {
 public:
  explicit Bench(std::unique_ptr<LimitBody> body) : body_(std::move(body)) {}

  LimitBody& body() { return *body_; }
  StepMoment Now() const { return {now.service, fakes::In(std::chrono::seconds(30))}; }
  StepResult Take(const std::vector<BucketShare>& shares, const std::string& partition = "p") {
    body_->SetStoreClock(now.store);
    return fakes::Finish(body_->store().Take(partition, shares, Now())).value();
  }
  StepResult GiveBack(const std::vector<BucketShare>& shares, const std::string& partition = "p") {
    body_->SetStoreClock(now.store);
    return fakes::Finish(body_->store().GiveBack(partition, shares, Now())).value();
  }
  // How many of these go through one after the other.
  int TakeAll(const BucketShare& share) {
    int taken = 0;
    while (Take({share}).allowed) ++taken;
    return taken;
  }
  void Advance(Span by) { now = now + by; }

  TwoClocks now{kBeginning, kBeginning};

 private:
  std::unique_ptr<LimitBody> body_;
};

}  // namespace tokenforge::sessions
