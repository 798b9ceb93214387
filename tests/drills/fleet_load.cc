#include "tests/drills/fleet_load.h"

#include <utility>

#include "tests/system/facade_client.h"

namespace tokenforge::drills {
namespace {

constexpr std::size_t kOtherSessions = 10;
constexpr std::size_t kEndedSessions = 20;
constexpr int kReconcileTries = 180;  // 45 s: longer than a circuit stays open
constexpr std::chrono::milliseconds kReconcilePause{250};

// Refusals that no repetition mends.
bool ForGood(const std::string& fault) { return fault.starts_with("UNAUTHENTICATED"); }

// Until the suite gives an answer that counts: what it knows is asked for, not whether it is up.
template <class Ask>
auto Asked(const Ask& ask) {
  auto answer = ask();
  for (int i = 0; i < kReconcileTries && !answer && !ForGood(answer.fault); ++i) {
    std::this_thread::sleep_for(kReconcilePause);
    answer = ask();
  }
  return answer;
}

}  // namespace

FleetLoad::FleetLoad(const FleetClient& client, const Options& options)
    : client_(client), options_(options) {
  for (int i = 0; i < options.people; ++i) {
    threads_.emplace_back([this, first = i == 0] { Live(first); });
  }
}

void FleetLoad::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
    stopped_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void FleetLoad::Live(bool first) {
  for (bool goes_on = true; goes_on;) {
    Person person;
    if (!Arrive(person)) {
      goes_on = Pause(options_.pause * 10);
      continue;
    }
    for (int turn = 0; turn < options_.turns && goes_on; ++turn) {
      Turn(person, turn, first);
      goes_on = Pause(options_.pause);
    }
    Leave(person);
    const sync::MutexLock lock(&mutex_);
    people_.push_back(std::move(person));
  }
}

// A refresh whose answer was lost is good for another 30 s only: a client that gives up then is
// taken for a thief when it comes back.
void FleetLoad::Leave(Person& person) {
  const auto refreshed = Asked([&] { return client_.Refresh(person.refresh_token); });
  if (refreshed) {
    person.refresh_token = refreshed->tokens().refresh_token();
  } else {
    Lost("the session of " + person.email + " when it left: " + refreshed.fault);
  }
}

bool FleetLoad::Arrive(Person& person) {
  person.email = systemtest::FreshEmail();
  const auto registered = client_.Register(person.email);
  if (!registered) return false;  // perhaps it was done, but nobody promised it
  person.access_token = registered->tokens().access_token();
  person.refresh_token = registered->tokens().refresh_token();
  return true;
}

void FleetLoad::Turn(Person& person, int turn, bool first) {
  Refresh(person);
  for (int i = 0; i < 2; ++i) {
    client_.WhoAmI(person.access_token);
    client_.Guarded(person.access_token);
  }
  if (turn % 4 == 0) SecondDevice(person, turn, first);
}

void FleetLoad::Refresh(Person& person) {
  const auto refreshed = client_.Refresh(person.refresh_token);
  if (refreshed) {
    person.refresh_token = refreshed->tokens().refresh_token();
    person.access_token = refreshed->tokens().access_token();
  } else if (ForGood(refreshed.fault)) {
    Lost("the session of " + person.email + " in use: " + refreshed.fault);
    Arrive(person);
  }
}

void FleetLoad::SecondDevice(Person& person, int turn, bool first) {
  const auto login = client_.Login(person.email);
  if (!login) return;
  const auth::v1::Tokens& tokens = login->tokens();
  client_.Guarded(tokens.access_token());
  if (turn % 8 == 0 && person.other_sessions.size() < kOtherSessions) {
    person.other_sessions.push_back(tokens.refresh_token());
    return;
  }
  if (!client_.Logout(tokens.access_token())) return;
  if (person.ended.size() < kEndedSessions) {
    person.ended.push_back({tokens.access_token(), tokens.refresh_token()});
  }
  if (!first || options_.guards == nullptr) return;
  if (options_.guards->WaitUntilAll(false, tokens.access_token())) {
    ++revocations_seen_;
  } else {
    Lost("a logout of " + person.email + " that did not reach every guard within a minute");
  }
}

bool FleetLoad::Pause(std::chrono::milliseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  const sync::MutexLock lock(&mutex_);
  while (!stopping_) {
    if (!stopped_.WaitUntil(&mutex_, end)) return !stopping_;
  }
  return false;
}

void FleetLoad::Lost(const std::string& what) {
  const sync::MutexLock lock(&mutex_);
  lost_.push_back(what);
}

Reconciled FleetLoad::Reconcile(const FleetClient& client) {
  std::vector<Person> people;
  Reconciled reconciled;
  {
    const sync::MutexLock lock(&mutex_);
    people = people_;
    reconciled.lost = lost_;
  }
  for (const Person& person : people) ReconcileOne(client, person, reconciled);
  return reconciled;
}

void FleetLoad::ReconcileOne(const FleetClient& client, const Person& person,
                             Reconciled& reconciled) {
  const auto expect = [&](bool holds, long& count, const std::string& what) {
    if (holds) {
      ++count;
    } else {
      reconciled.lost.push_back(what + " of " + person.email);
    }
  };
  const auto login = Asked([&] { return client.Login(person.email); });
  expect(bool(login), reconciled.registrations, "registration (" + login.fault + ")");
  std::vector<std::string> sessions = person.other_sessions;
  sessions.push_back(person.refresh_token);
  for (const std::string& token : sessions) {
    const auto refreshed = Asked([&] { return client.Refresh(token); });
    expect(bool(refreshed), reconciled.sessions, "session (" + refreshed.fault + ")");
  }
  for (const EndedSession& ended : person.ended) {
    const auto refreshed = Asked([&] { return client.Refresh(ended.refresh_token); });
    const auto guarded = Asked([&] { return client.Guarded(ended.access_token); });
    expect(ForGood(refreshed.fault) && ForGood(guarded.fault), reconciled.ends,
           "end of a session (" + refreshed.fault + ", " + guarded.fault + ")");
  }
}

}  // namespace tokenforge::drills
