// The store on Redis against the rules in memory, in lockstep on random operations: the Lua scripts
// decide exactly as session_rules does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/contract/sessions/bodies_under_test.h"

namespace tokenforge::sessions {
namespace {

using fakes::Finish;
using std::chrono::days;
using std::chrono::seconds;

class Lockstep {
 public:
  Lockstep(Policy policy, unsigned seed)
      : policy_(policy), random_(seed), model_(policy), real_(policy, {"--appendfsync", "no"}) {
    for (int i = 0; i < 4; ++i) users_.push_back(uuid::Uuid::Random());
  }

  void Run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      Step();
      if (step % 200 == 0) {
        ASSERT_EQ(WholeLog(model_.store(), Now()), WholeLog(real_.store(), Now()));
      }
    }
    EXPECT_GT(thefts_, 20) << "the operations are not wild enough";
    EXPECT_GT(repeats_, 20);
    EXPECT_GT(superseded_, 20);
    EXPECT_GT(ended_everybodys_, 3);
    EXPECT_EQ(limited_ > 20, policy_.refresh_limit.has_value());
  }

 private:
  uint32_t Random(uint32_t below) { return static_cast<uint32_t>(random_() % below); }
  Moment Now() const { return MomentOf(clock_); }
  const uuid::Uuid& AnyUser() { return users_[Random(4)]; }

  template <class Operation>
  auto Both(Operation operation) {
    auto expected = Finish(operation(model_.store()));
    auto found = Finish(operation(real_.store()));
    EXPECT_TRUE(expected.ok() && found.ok()) << found.status();
    return std::pair(*std::move(expected), *std::move(found));
  }

  static std::vector<Revocation> Sorted(std::vector<Revocation> revocations) {
    std::sort(revocations.begin(), revocations.end());
    return revocations;
  }

  void Step() {
    switch (Random(20)) {
      case 0:
      case 1:
        return Start();
      case 2:
        return End();
      case 3:
        return Random(40) == 0 ? EndEverybodys() : Random(4) == 0 ? EndAll() : List();
      case 4:
      case 5:
      case 6:
        return Advance();
      default:
        return Rotate();
    }
  }

  void Advance() {
    // Multiples of 10 s hit the edges of the grace exactly, and stay away from the server's own
    // clock.
    static constexpr std::array<int, 8> kSeconds = {10, 10, 10, 20, 30, 60, 3600, 86400};
    clock_.Advance(seconds(kSeconds[Random(kSeconds.size())]));
    if (Random(300) == 0) clock_.Advance(days(6));
    if (Random(100) == 0) clock_.Step(-seconds(10));
  }

  void Start() {
    const Session session = NewSession(AnyUser(), Now().now);
    const auto [expected, found] = Both([&](SessionStore& s) { return s.Add(session, Now()); });
    EXPECT_EQ(Sorted(expected), Sorted(found));
    known_.push_back(session);
    if (known_.size() > 12) known_.erase(known_.begin());
  }

  void Rotate() {
    if (known_.empty()) return;
    Session& session = known_[Random(static_cast<uint32_t>(known_.size()))];
    Presented token = TokenOf(session, session.lineage.generation);
    const uint32_t kind = Random(16);
    if (kind >= 8) token.generation -= std::min(token.generation - 1, 1 + Random(3));
    if (kind == 15) token.generation = session.lineage.generation + 1 + Random(40);
    if (Random(20) == 0) token.client = "spiffe://example.test/other";
    if (Random(20) == 0) token.device.user_agent = "agent/" + std::to_string(Random(1000));
    const auto [expected, found] = Both([&](SessionStore& s) { return s.Rotate(token, Now()); });
    EXPECT_EQ(expected.verdict, found.verdict);
    EXPECT_EQ(expected.session, found.session);
    EXPECT_EQ(Sorted(expected.revocations), Sorted(found.revocations));
    EXPECT_EQ(expected.attempts.remaining, found.attempts.remaining);
    limited_ += expected.verdict == Verdict::kLimited;
    if (expected.verdict == Verdict::kRotated) session.lineage = expected.session.lineage;
    thefts_ += expected.verdict == Verdict::kReused;
    repeats_ += expected.verdict == Verdict::kRepeated;
    superseded_ += expected.verdict == Verdict::kSuperseded;
  }

  void End() {
    if (known_.empty()) return;
    const Session& session = known_[Random(static_cast<uint32_t>(known_.size()))];
    const uuid::Uuid user = Random(5) == 0 ? AnyUser() : session.user;
    const auto [expected, found] =
        Both([&](SessionStore& s) { return s.End(user, session.id, Now()); });
    EXPECT_EQ(expected.sessions, found.sessions);
    EXPECT_EQ(Sorted(expected.revocations), Sorted(found.revocations));
  }

  void EndAll() {
    std::optional<uuid::Uuid> keep;
    if (!known_.empty() && Random(2) == 0) keep = known_.back().id;
    const uuid::Uuid user = AnyUser();
    const auto [expected, found] =
        Both([&](SessionStore& s) { return s.EndAll(user, keep, Now()); });
    EXPECT_EQ(expected.sessions, found.sessions);
    EXPECT_EQ(Sorted(expected.revocations), Sorted(found.revocations));
  }

  // Sometimes with a moment of before, as a call that was held up.
  void EndEverybodys() {
    const Moment moment{Now().now - seconds(10 * Random(3)), Now().deadline};
    EXPECT_TRUE(Finish(model_.store().EndEverybodys(moment)).ok());
    EXPECT_TRUE(Finish(real_.store().EndEverybodys(moment)).ok());
    ++ended_everybodys_;
  }

  void List() {
    const uuid::Uuid user = AnyUser();
    const auto [expected, found] = Both([&](SessionStore& s) { return s.List(user, Now()); });
    EXPECT_EQ(expected, found);
  }

  const Policy policy_;
  std::minstd_rand random_;
  fakes::FakeClock clock_;
  MemoryBody model_;
  RealBody real_;
  std::vector<uuid::Uuid> users_;
  std::vector<Session> known_;  // also ended ones
  int thefts_ = 0;
  int repeats_ = 0;
  int superseded_ = 0;
  int limited_ = 0;
  int ended_everybodys_ = 0;
};

TEST(SessionStoreModel, AgreesOnTheDefaultPolicy) { Lockstep(Policy(), 1).Run(12'000); }

TEST(SessionStoreModel, AgreesWithFewSessionsAndPerSessionTheft) {
  Policy policy;
  policy.max_sessions = 3;
  policy.reuse = ReusePolicy::kSession;
  Lockstep(policy, 2).Run(12'000);
}

TEST(SessionStoreModel, AgreesWithShortLivesAndALongGrace) {
  Policy policy;
  policy.grace = seconds(60);
  policy.idle_life = std::chrono::hours(1);
  policy.absolute_life = std::chrono::hours(5);
  Lockstep(policy, 3).Run(6'000);
}

// No time passes by the service's clock, so that both bodies count the same.
TEST(SessionStoreModel, AgreesWithALimitOfRefreshes) {
  Policy policy;
  policy.refresh_limit = TokenPolicy{4, 4, days(1)};
  Lockstep(policy, 4).Run(12'000);
}

}  // namespace
}  // namespace tokenforge::sessions
