// Stores that are wrong on purpose: the recorder and the checker of histories find each of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <utility>

#include "services/sessions/revocations_made.h"
#include "services/sessions/session_record.h"
#include "tests/chaos/session_load.h"
#include "tests/chaos/session_replicas.h"

namespace tokenforge::chaos {
namespace {

using async::Task;
using sessions::Ending;
using sessions::LogCursor;
using sessions::LogPage;
using sessions::Moment;
using sessions::Policy;
using sessions::Presented;
using sessions::Revocation;
using sessions::Rotation;
using sessions::Session;
using sessions::SessionStore;
using sessions::Verdict;

const Policy kPolicy = RoundPolicy(sessions::ReusePolicy::kUser);

// A store that does what another does, but for what a mutant changes.
class Mutant : public SessionStore {
 public:
  explicit Mutant(SessionStore* store) : store_(*store) {}
  Task<absl::StatusOr<std::vector<Revocation>>> Add(const Session& session,
                                                    Moment moment) override {
    return store_.Add(session, moment);
  }
  Task<absl::StatusOr<Rotation>> Rotate(const Presented& token, Moment moment) override {
    return store_.Rotate(token, moment);
  }
  Task<absl::StatusOr<std::vector<Session>>> List(uuid::Uuid user, Moment moment) override {
    return store_.List(user, moment);
  }
  Task<absl::StatusOr<Ending>> End(uuid::Uuid user, uuid::Uuid session, Moment moment) override {
    return store_.End(user, session, moment);
  }
  Task<absl::StatusOr<Ending>> EndAll(uuid::Uuid user, std::optional<uuid::Uuid> keep,
                                      Moment moment) override {
    return store_.EndAll(user, keep, moment);
  }
  Task<absl::Status> EndEverybodys(Moment moment) override { return store_.EndEverybodys(moment); }
  Task<absl::Status> Revoke(uuid::Uuid user, const Revocation& revocation, Moment moment) override {
    return store_.Revoke(user, revocation, moment);
  }
  Task<absl::StatusOr<LogPage>> ReadLog(const LogCursor& cursor, Moment moment) override {
    return store_.ReadLog(cursor, moment);
  }

 protected:
  SessionStore& store_;
};

// Remembers what it answered to a token, and answers that again whatever happened since.
class StaleSuccessor final : public Mutant {
 public:
  using Mutant::Mutant;
  Task<absl::StatusOr<Rotation>> Rotate(const Presented& token, Moment moment) override {
    const std::pair key(token.session, token.generation);
    {
      const sync::MutexLock lock(&mutex_);
      if (const auto known = answers_.find(key); known != answers_.end()) {
        co_return Rotation{Verdict::kRepeated, known->second, {}};
      }
    }
    auto rotating = store_.Rotate(token, moment);
    absl::StatusOr<Rotation> rotation = co_await std::move(rotating);
    if (rotation.ok() && rotation->verdict == Verdict::kRotated) {
      const sync::MutexLock lock(&mutex_);
      answers_.emplace(key, rotation->session);
    }
    co_return rotation;
  }

 private:
  sync::Mutex mutex_;
  std::map<std::pair<uuid::Uuid, uint32_t>, Session> answers_ ABSL_GUARDED_BY(mutex_);
};

// Says of one logout in five that it was done, and does nothing.
class ForgetsAnEnd final : public Mutant {
 public:
  using Mutant::Mutant;
  Task<absl::StatusOr<Ending>> End(uuid::Uuid user, uuid::Uuid session, Moment moment) override {
    auto listing = store_.List(user, moment);
    const absl::StatusOr<std::vector<Session>> all = co_await std::move(listing);
    if (!all.ok()) co_return all.status();
    const bool exists = std::any_of(all->begin(), all->end(),
                                    [&](const Session& each) { return each.id == session; });
    if (exists && ++ends_ % 5 == 0) {
      co_return Ending{1, sessions::RevokeSessions(std::span(&session, 1), moment.now, kPolicy)};
    }
    auto ending = store_.End(user, session, moment);
    co_return co_await std::move(ending);
  }

 private:
  std::atomic<int> ends_ = 0;
};

// Takes what is theft for a token that came a little late.
class MissesATheft final : public Mutant {
 public:
  using Mutant::Mutant;
  Task<absl::StatusOr<Rotation>> Rotate(const Presented& token, Moment moment) override {
    auto listing = store_.List(token.user, moment);
    absl::StatusOr<std::vector<Session>> all = co_await std::move(listing);
    if (!all.ok()) co_return all.status();
    for (Session& each : *all) {
      if (each.id == token.session &&
          Decide(each.lineage, token.generation, moment.now, kPolicy) == Verdict::kReused) {
        co_return Rotation{Verdict::kSuperseded, {}, {}};
      }
    }
    auto rotating = store_.Rotate(token, moment);
    co_return co_await std::move(rotating);
  }
};

// Lists what it saw the time before.
class StaleList final : public Mutant {
 public:
  using Mutant::Mutant;
  Task<absl::StatusOr<std::vector<Session>>> List(uuid::Uuid user, Moment moment) override {
    auto listing = store_.List(user, moment);
    absl::StatusOr<std::vector<Session>> now = co_await std::move(listing);
    if (!now.ok()) co_return now;
    const sync::MutexLock lock(&mutex_);
    const auto before = seen_.find(user);
    if (before == seen_.end()) {
      seen_.emplace(user, *now);
      co_return now;
    }
    co_return std::exchange(before->second, *std::move(now));
  }

 private:
  sync::Mutex mutex_;
  std::map<uuid::Uuid, std::vector<Session>> seen_ ABSL_GUARDED_BY(mutex_);
};

// Reads, decides and writes, instead of doing it in one step.
class TwoSteps final : public Mutant {
 public:
  TwoSteps(SessionStore* store, redis::Client* client) : Mutant(store), client_(*client) {}
  Task<absl::StatusOr<Rotation>> Rotate(const Presented& token, Moment moment) override {
    auto listing = store_.List(token.user, moment);
    absl::StatusOr<std::vector<Session>> all = co_await std::move(listing);
    if (!all.ok()) co_return all.status();
    std::string value(1, sessions::kRecordsVersion);
    Rotation rotation;
    for (auto each = all->rbegin(); each != all->rend(); ++each) {  // it lists the newest first
      if (each->id == token.session) {
        rotation.verdict = Decide(each->lineage, token.generation, moment.now, kPolicy);
        rotation.session = *each;
      }
      value += sessions::EncodeRecord(*each);
    }
    if (rotation.verdict != Verdict::kRotated) {
      auto rotating = store_.Rotate(token, moment);
      co_return co_await std::move(rotating);
    }
    const int bucket = token.user.bytes().back() % sessions::SessionStoreRedis::kBuckets;
    const std::string key =
        "tf:{b" + std::to_string(bucket) + "}:u:" + std::string(sessions::AsBytes(token.user));
    redis::Command command({"SET", key, value});
    const auto reply = co_await client_.Call(std::move(command), moment.deadline);
    if (!reply.ok()) co_return reply.status();
    co_return rotation;
  }

 private:
  redis::Client& client_;
};

// Runs rounds until something is found. How many it took; 0: nothing was found.
unsigned RoundsUntilFound(SessionReplicas& on, const std::vector<Replica>& replicas,
                          Disturber::Kind disturbance = Disturber::Kind::kNone) {
  constexpr unsigned kMostRounds = 40;
  for (unsigned round = 1; round <= kMostRounds; ++round) {
    LoadOptions options;
    options.seed = round;
    SessionLoad load(replicas, kPolicy, options);
    Disturber disturber(&on.server(), disturbance, round);
    Round done;
    disturber.During([&](const std::function<void()>& calm) { done = load.Run(calm); });
    for (const std::vector<Operation>& history : done.histories) {
      const Finding finding = CheckHistory(history, kPolicy);
      if (finding.linearizable) continue;
      std::printf("found in round %u: %s\n", round,
                  finding.why.substr(0, finding.why.find(';')).c_str());
      return round;
    }
  }
  return 0;
}

// Replicas of which the last is wrong.
class WrongStores : public ::testing::Test {
 protected:
  template <class Wrong, class... Arguments>
  unsigned RoundsUntilFoundIn(Arguments... arguments) {
    std::vector<Replica> replicas = replicas_.Open(kPolicy);
    Wrong wrong(replicas.back().store, arguments...);
    replicas.back().store = &wrong;
    return RoundsUntilFound(replicas_, replicas);
  }

  SessionReplicas replicas_{7, {"--appendfsync", "no"}};
};

TEST_F(WrongStores, OneThatAnswersAStaleSuccessorIsFound) {
  EXPECT_GT(RoundsUntilFoundIn<StaleSuccessor>(), 0U);
}

TEST_F(WrongStores, OneThatForgetsALogoutIsFound) {
  EXPECT_GT(RoundsUntilFoundIn<ForgetsAnEnd>(), 0U);
}

TEST_F(WrongStores, OneThatListsWhatWasIsFound) { EXPECT_GT(RoundsUntilFoundIn<StaleList>(), 0U); }

TEST_F(WrongStores, OneThatReadsAndThenWritesIsFound) {
  EXPECT_GT(RoundsUntilFoundIn<TwoSteps>(&replicas_.client(2)), 0U);
}

TEST_F(WrongStores, OneThatMissesATheftIsFound) {
  EXPECT_GT(RoundsUntilFoundIn<MissesATheft>(), 0U);
}

TEST_F(WrongStores, ARightOneIsNotFound) {
  EXPECT_EQ(RoundsUntilFound(replicas_, replicas_.Open(kPolicy)), 0U);
}

TEST(WrongServer, OneThatForgetsWhatItAcknowledgedWhenItIsKilledIsFound) {
  SessionReplicas replicas(11, {"--appendonly", "no"});
  EXPECT_GT(RoundsUntilFound(replicas, replicas.Open(kPolicy), Disturber::Kind::kKill), 0U);
}

}  // namespace
}  // namespace tokenforge::chaos
