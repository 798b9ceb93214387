#include "tests/chaos/session_load.h"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "tests/lib/redis/ask.h"

namespace tokenforge::chaos {
namespace {

using sessions::Ending;
using sessions::Moment;
using sessions::Policy;
using sessions::Revocation;
using sessions::Rotation;
using sessions::Session;
using sessions::SessionStore;
using sessions::Span;
using Kind = Operation::Kind;

std::vector<uuid::Uuid> SessionsIn(const std::vector<Revocation>& revocations) {
  std::vector<uuid::Uuid> ids;
  for (const Revocation& each : revocations) {
    if (each.kind == Revocation::Kind::kSession) ids.push_back(*uuid::Uuid::Parse(each.id));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<Kept> KeptIn(const std::vector<Session>& sessions) {
  std::vector<Kept> kept;
  for (const Session& each : sessions) kept.push_back({each.id, each.lineage});
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.id < b.id; });
  return kept;
}

absl::StatusOr<Answer> Add(SessionStore& store, const uuid::Uuid& user, const Operation& operation,
                           Moment moment) {
  Session session;
  session.user = user;
  session.id = operation.session;
  session.lineage.created = operation.now;
  const auto ended = fakes::Finish(store.Add(session, moment));
  if (!ended.ok()) return ended.status();
  return Answer{sessions::Verdict::kEnded, SessionsIn(*ended), {}};
}

absl::StatusOr<Answer> Rotate(SessionStore& store, const uuid::Uuid& user,
                              const Operation& operation, Moment moment) {
  const sessions::Presented token{user, operation.session, operation.generation, "", {}};
  const auto rotation = fakes::Finish(store.Rotate(token, moment));
  if (!rotation.ok()) return rotation.status();
  Answer answer{rotation->verdict, SessionsIn(rotation->revocations), {}};
  if (rotation->session.id == operation.session) answer.seen = KeptIn({rotation->session});
  return answer;
}

absl::StatusOr<Answer> EndSome(SessionStore& store, const uuid::Uuid& user,
                               const Operation& operation, Moment moment) {
  std::optional<uuid::Uuid> keep;
  if (operation.session != uuid::Uuid()) keep = operation.session;
  const auto ending =
      fakes::Finish(operation.kind == Kind::kEnd ? store.End(user, operation.session, moment)
                                                 : store.EndAll(user, keep, moment));
  if (!ending.ok()) return ending.status();
  const Answer answer{sessions::Verdict::kEnded, SessionsIn(ending->revocations), {}};
  if (answer.ended.size() != static_cast<size_t>(ending->sessions)) {
    throw std::logic_error("an ending counts other sessions than it revokes");
  }
  return answer;
}

absl::StatusOr<Answer> Do(SessionStore& store, const uuid::Uuid& user, const Operation& operation,
                          Moment moment) {
  if (operation.kind == Kind::kAdd) return Add(store, user, operation, moment);
  if (operation.kind == Kind::kRotate) return Rotate(store, user, operation, moment);
  if (operation.kind != Kind::kList) return EndSome(store, user, operation, moment);
  const auto listed = fakes::Finish(store.List(user, moment));
  if (!listed.ok()) return listed.status();
  return Answer{sessions::Verdict::kEnded, {}, KeptIn(*listed)};
}

// The client of Redis says so when a command has certainly not left it (lib/redis/client.h).
bool WasNotSent(const absl::Status& status) {
  return absl::StrContains(status.message(), "not sent") ||
         absl::StrContains(status.message(), "nothing was sent");
}

}  // namespace

Policy RoundPolicy(sessions::ReusePolicy reuse) {
  Policy policy;
  policy.grace = std::chrono::seconds(5);
  policy.idle_life = std::chrono::days(400);
  policy.absolute_life = std::chrono::days(400);
  policy.max_sessions = 4;
  policy.reuse = reuse;
  return policy;
}

// A user and every refresh token of theirs that anybody was ever given.
struct SessionLoad::User {
  struct Issued {
    uuid::Uuid session;
    uint32_t newest = 1;
    bool over = false;  // somebody was told so
  };
  const uuid::Uuid id = uuid::Uuid::Random();
  sync::Mutex mutex;
  std::vector<Issued> issued ABSL_GUARDED_BY(mutex);
  std::vector<Operation> history ABSL_GUARDED_BY(mutex);

  void Learn(const Operation& operation) {
    const sync::MutexLock lock(&mutex);
    history.push_back(operation);
    if (!operation.answer) return;
    const Answer& answer = *operation.answer;
    if (operation.kind == Kind::kAdd) issued.push_back({operation.session});
    const bool ended =
        operation.kind == Kind::kRotate && answer.verdict == sessions::Verdict::kEnded;
    for (Issued& each : issued) {
      each.over = each.over || (ended && each.session == operation.session) ||
                  std::binary_search(answer.ended.begin(), answer.ended.end(), each.session);
      if (operation.kind != Kind::kRotate || !answer.ended.empty()) continue;
      for (const Kept& kept : answer.seen) {
        if (kept.id == each.session) each.newest = std::max(each.newest, kept.lineage.generation);
      }
    }
  }
};

class SessionLoad::Client {
 public:
  Client(SessionLoad* load, User* user, const Replica& replica, unsigned seed)
      : load_(*load), user_(*user), replica_(replica), random_(seed) {}

  void Run() {
    for (int i = 0; i < load_.options_.operations; ++i) {
      if (!Try(Choose()) && replica_.recover) replica_.recover();
    }
  }

  // Whether it was answered.
  bool Try(Operation operation) {
    operation.now = load_.Tick(random_) + replica_.skew;
    const Moment moment{operation.now, fakes::In(load_.options_.timeout)};
    operation.called = load_.order_++;
    absl::StatusOr<Answer> answer = Do(*replica_.store, user_.id, operation, moment);
    operation.returned = load_.order_++;
    if (answer.ok()) {
      operation.answer = *std::move(answer);
    } else if (WasNotSent(answer.status())) {
      ++load_.not_sent_;
      return false;
    }
    user_.Learn(operation);
    return operation.answer.has_value();
  }

 private:
  uint32_t Random(uint32_t below) { return static_cast<uint32_t>(random_() % below); }

  Operation Choose() {
    Operation operation;
    const sync::MutexLock lock(&user_.mutex);
    const uint32_t roll = Random(1000);
    if (roll < 80) return operation;  // a List
    std::vector<User::Issued> tokens = user_.issued;
    if (Random(10) > 0) std::erase_if(tokens, [](const User::Issued& each) { return each.over; });
    if (tokens.empty() || roll < 110) {
      operation.kind = Kind::kAdd;
      operation.session = uuid::Uuid::Random();
      return operation;
    }
    const User::Issued& token = tokens[Random(static_cast<uint32_t>(tokens.size()))];
    operation.session = token.session;
    if (roll < 130) {
      operation.kind = Kind::kEnd;
    } else if (roll < 140) {
      operation.kind = Kind::kEndAll;
      if (Random(2) == 0) operation.session = uuid::Uuid();
    } else {
      operation.kind = Kind::kRotate;
      operation.generation = token.newest - std::min(token.newest - 1, Behind(token.newest));
    }
    return operation;
  }

  // By how much the presented token is older than the newest that anybody was given.
  uint32_t Behind(uint32_t newest) {
    const uint32_t roll = Random(100);
    if (roll < 70) return 0;
    if (roll < 92) return 1;
    return roll < 99 ? 1 + Random(3) : Random(newest);
  }

  SessionLoad& load_;
  User& user_;
  const Replica& replica_;
  std::minstd_rand random_;
};

sessions::Time SessionLoad::Tick(std::minstd_rand& random) {
  const bool leap = random() % 50 == 0;
  const auto grace = static_cast<unsigned>(policy_.grace.count());
  const auto by = static_cast<int64_t>(leap ? random() % (2 * grace) : random() % 40);
  return sessions::Time(Span(clock_ms_ += by));
}

// A forgotten logout, or a session that came back, shows here at the latest.
void SessionLoad::LookAtTheEnd(User& user) {
  Client client(this, &user, replicas_.front(), options_.seed);
  std::vector<User::Issued> issued;
  {
    const sync::MutexLock lock(&user.mutex);
    issued = user.issued;
  }
  const auto insist = [&](const Operation& operation) {
    while (!client.Try(operation)) replicas_.front().recover();
  };
  insist(Operation());
  for (const User::Issued& each : issued) {
    Operation operation;
    operation.kind = Kind::kRotate;
    operation.session = each.session;
    operation.generation = each.newest;
    insist(operation);
  }
  insist(Operation());
}

Round SessionLoad::Run(const std::function<void()>& calm) {
  std::vector<std::unique_ptr<User>> users;
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.users; ++i) {
    users.push_back(std::make_unique<User>());
    for (int c = 0; c < options_.clients_per_user; ++c) {
      const auto number = static_cast<unsigned>(i * options_.clients_per_user + c);
      threads.emplace_back([this, number, user = users.back().get()] {
        const Replica& replica = replicas_[number % replicas_.size()];
        Client(this, user, replica, options_.seed * 1009 + number).Run();
      });
    }
  }
  for (std::thread& thread : threads) thread.join();
  calm();
  Round round;
  for (const auto& user : users) {
    LookAtTheEnd(*user);
    const sync::MutexLock lock(&user->mutex);
    round.histories.push_back(std::move(user->history));
  }
  round.not_sent = not_sent_;
  return round;
}

}  // namespace tokenforge::chaos
