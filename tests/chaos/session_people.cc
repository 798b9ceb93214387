#include "tests/chaos/session_people.h"

#include <algorithm>
#include <cstdio>

#include "absl/status/status.h"

namespace tokenforge::chaos {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using systemtest::FreshEmail;
using systemtest::kPassword;
using systemtest::ReasonName;

constexpr std::size_t kHonest = 32;
constexpr std::size_t kThreads = 4;
constexpr std::size_t kVictims = 24;
constexpr int kRefreshesOfALogin = 25;

// What says nothing about the token: the call is to be repeated.
bool IsPassing(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsCancelled(status);
}

}  // namespace

SessionPeople::SessionPeople(const systemtest::FacadeClient& client, milliseconds grace)
    : client_(client), grace_(grace) {
  const auto enroll = [&client](std::string* email) {
    *email = FreshEmail();
    return client.Register(*email, kPassword).ok();
  };
  bool all = enroll(&leaver_);
  for (std::size_t i = 0; i < kHonest; ++i) {
    Person person;
    all = all && enroll(&person.email);
    honest_.push_back(Enter(person.email));
  }
  for (std::size_t i = 0; i < kVictims; ++i) {
    std::string email;
    all = all && enroll(&email);
    Person victim = Enter(email);
    const std::string first = victim.refresh_token;
    all = Refresh(victim) && Refresh(victim) && all;
    loot_.push_back({first, victim.refresh_token, steady_clock::now() + grace_});
  }
  if (!all) Fault(&Tally::logged_out, "not everybody could be enrolled");
  for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this, i] { Live(i); });
  threads_.emplace_back([this] { LeaveAndReturn(); });
  threads_.emplace_back([this] { Steal(); });
}

void SessionPeople::AwaitRefreshes(int more) {
  const sync::MutexLock lock(&mutex_);
  const int enough = tally_.refreshes + more;
  while (tally_.refreshes < enough) refreshed_.Wait(&mutex_);
}

Tally SessionPeople::tally() {
  const sync::MutexLock lock(&mutex_);
  return tally_;
}

void SessionPeople::Fault(int Tally::* kind, const std::string& what) {
  const sync::MutexLock lock(&mutex_);
  ++(tally_.*kind);
  tally_.faults.push_back(what);
}

// Notes a call that says nothing but "again", and waits as long as a client should.
bool SessionPeople::Failed(const absl::Status& status) {
  if (!IsPassing(status)) return false;
  {
    const sync::MutexLock lock(&mutex_);
    ++tally_.failures[ReasonName(status)];
  }
  std::this_thread::sleep_for(milliseconds(50));
  return true;
}

SessionPeople::Person SessionPeople::Enter(const std::string& email) {
  for (;;) {
    const auto login = client_.Login(email, kPassword);
    if (Failed(login.status())) continue;
    if (!login.ok()) {
      Fault(&Tally::logged_out, "a login was refused: " + ReasonName(login.status()));
      return {email, "", ""};
    }
    const sync::MutexLock lock(&mutex_);
    ++tally_.logins;
    return {email, login->tokens().refresh_token(), login->tokens().access_token()};
  }
}

bool SessionPeople::Refresh(Person& person) {
  for (;;) {
    const auto tokens = client_.Refresh(person.refresh_token);
    if (Failed(tokens.status())) continue;
    if (!tokens.ok()) {
      const std::string reason = ReasonName(tokens.status());
      if (reason == "REFRESH_TOKEN_REUSED") {
        Fault(&Tally::false_thefts, person.email + " was taken for a thief");
      }
      Fault(&Tally::logged_out, person.email + " was logged out: " + reason);
      return false;
    }
    person.refresh_token = tokens->refresh_token();
    person.access_token = tokens->access_token();
    const sync::MutexLock lock(&mutex_);
    ++tally_.refreshes;
    refreshed_.NotifyAll();
    return true;
  }
}

// A share of the honest, one after the other.
void SessionPeople::Live(std::size_t first) {
  for (int round = 1; !stop_; ++round) {
    for (std::size_t i = first; i < honest_.size() && !stop_; i += kThreads) {
      Person& person = honest_[i];
      if (!Refresh(person) || round % kRefreshesOfALogin == 0) person = Enter(person.email);
      std::this_thread::sleep_for(milliseconds(5));  // steady, not as fast as it goes
    }
  }
}

void SessionPeople::LeaveAndReturn() {
  while (!stop_) {
    const Person person = Enter(leaver_);
    absl::Status left = client_.Logout(person.access_token);
    // Repeated until it is acknowledged: an answer that was lost is none.
    while (Failed(left)) left = client_.Logout(person.access_token);
    // The guard knows it already: an earlier try has been done, though not acknowledged.
    if (ReasonName(left) == "TOKEN_REVOKED") continue;
    if (!left.ok()) Fault(&Tally::logouts_forgotten, "a logout was refused: " + ReasonName(left));
    const sync::MutexLock lock(&mutex_);
    left_.push_back(person.refresh_token);
    ++tally_.logouts;
  }
}

bool SessionPeople::StaysUntil(steady_clock::time_point when) {
  const sync::MutexLock lock(&mutex_);
  while (!stop_ && steady_clock::now() < when) stopped_.WaitUntil(&mutex_, when);
  return !stop_;
}

void SessionPeople::Steal() {
  for (const Loot& loot : loot_) {
    if (!StaysUntil(loot.ripe)) return;  // the rest is presented at the end
    Present(loot);
    // Spread over whatever is broken meanwhile.
    if (!StaysUntil(steady_clock::now() + milliseconds(500))) return;
  }
}

// Why a refresh is refused for good; "OK" when it is not.
std::string SessionPeople::RefusalOf(const std::string& refresh_token) {
  auto tokens = client_.Refresh(refresh_token);
  while (Failed(tokens.status())) tokens = client_.Refresh(refresh_token);
  return ReasonName(tokens.status());
}

// SESSION_ENDED too: of a theft whose answer was lost, the session is over at the second try.
void SessionPeople::Present(const Loot& loot) {
  const std::string verdict = RefusalOf(loot.stale);
  if (verdict != "REFRESH_TOKEN_REUSED" && verdict != "SESSION_ENDED") {
    Fault(&Tally::thefts_missed, "a stale token got " + verdict);
  }
  const std::string after = RefusalOf(loot.current);
  if (after != "SESSION_ENDED") Fault(&Tally::thefts_missed, "after a theft: " + after);
  const sync::MutexLock lock(&mutex_);
  ++tally_.thefts;
}

void SessionPeople::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    if (stop_.exchange(true)) return;
    stopped_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
  for (std::size_t i = static_cast<std::size_t>(tally().thefts); i < loot_.size(); ++i) {
    std::this_thread::sleep_until(loot_[i].ripe);
    Present(loot_[i]);
  }
  std::vector<std::string> left;
  {
    const sync::MutexLock lock(&mutex_);
    left = left_;
  }
  for (const std::string& token : left) {
    const std::string reason = RefusalOf(token);
    if (reason != "SESSION_ENDED") {
      Fault(&Tally::logouts_forgotten, "a session that was logged out: " + reason);
    }
  }
  for (Person& person : honest_) Refresh(person);
}

void Print(const char* after, SessionPeople& people) {
  const Tally tally = people.tally();
  std::printf("%-24s %6d refreshes, %4d logins, %4d logouts, %2d thefts; failed and repeated:",
              after, tally.refreshes, tally.logins, tally.logouts, tally.thefts);
  for (const auto& [reason, count] : tally.failures) std::printf(" %s %d", reason.c_str(), count);
  std::printf("; logged out %d, false thefts %d, thefts missed %d, logouts forgotten %d\n",
              tally.logged_out, tally.false_thefts, tally.thefts_missed, tally.logouts_forgotten);
  std::fflush(stdout);
}

}  // namespace tokenforge::chaos
