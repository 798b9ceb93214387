// SIGKILL at any moment, to any process, loses nothing that was acknowledged: no registration, no
// session, no key.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

// What the suite has acknowledged to one person.
struct Acknowledged {
  std::string email;
  std::string refresh_token;
  std::string access_token;
};

int Kills() {
  const char* kills = std::getenv("TOKENFORGE_CHAOS_KILLS");
  return kills == nullptr ? 18 : std::atoi(kills);
}

// Registers, logs in and refreshes as fast as it can; remembers only what was answered with OK.
class Load {
 public:
  explicit Load(const FacadeClient& client) : client_(client) {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this] { Run(); });
  }
  ~Load() { Stop(); }

  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  // Returns when there are so many; a slow machine takes longer to register them.
  void AwaitPeople(size_t at_least) {
    const sync::MutexLock lock(&mutex_);
    while (people_.size() < at_least) more_people_.Wait(&mutex_);
  }
  std::vector<Acknowledged> people() {
    const sync::MutexLock lock(&mutex_);
    return people_;
  }
  int refreshes() const { return refreshes_; }
  std::map<std::string, int> reasons() {
    const sync::MutexLock lock(&mutex_);
    return reasons_;
  }

 private:
  void Run() {
    while (!stop_) {
      const std::string email = FreshEmail();
      const auto registered = client_.Register(email, kPassword);
      if (!Note(registered.status())) continue;
      Acknowledged person{email, registered->tokens().refresh_token(),
                          registered->tokens().access_token()};
      for (int i = 0; i < 8 && !stop_; ++i) {
        const auto refreshed = client_.Refresh(person.refresh_token);
        if (!Note(refreshed.status())) continue;  // not acknowledged: the old token must still do
        person.refresh_token = refreshed->refresh_token();
        person.access_token = refreshed->access_token();
        ++refreshes_;
      }
      const sync::MutexLock lock(&mutex_);
      people_.push_back(std::move(person));
      more_people_.NotifyAll();
    }
  }
  // Counts a failure and, as a client of ours should, comes back a little later.
  bool Note(const absl::Status& status) {
    if (status.ok()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const sync::MutexLock lock(&mutex_);
    ++reasons_[ReasonName(status)];
    return false;
  }

  const FacadeClient& client_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> refreshes_ = 0;
  sync::Mutex mutex_;
  sync::CondVar more_people_;
  std::vector<Acknowledged> people_;
  std::map<std::string, int> reasons_;
  std::vector<std::thread> threads_;
};

// Asks until no circuit is open any more from the last kill, as its answers say.
template <class Ask>
std::string ReasonAfterCircuits(Ask ask) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (;;) {
    const absl::Status status = ask();
    const bool open = errors::ReasonOf(status) == errors::reasons::CIRCUIT_OPEN;
    if (!open || std::chrono::steady_clock::now() > until) return ReasonName(status);
    std::this_thread::sleep_for(
        errors::RetryAfterOf(status).value_or(std::chrono::milliseconds(100)));
  }
}

class Kill : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Databases, Kill, testing::Values(false, true),
                         [](const auto& which) { return which.param ? "PostgreSql" : "Sqlite"; });

TEST_P(Kill, AnyProcessAtAnyPointLosesNothingAcknowledged) {
  // A grace longer than any outage here: a refresh whose answer was lost is repeated after it.
  Suite suite(
      SuiteOptions{.postgres = GetParam(), .flags = {{"sessions", {"--refresh-grace=5m"}}}});
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  {
    Load load(client);
    const std::vector<std::string> names = suite.names();
    for (int i = 0; i < Kills(); ++i) {
      const std::string& name = names[static_cast<size_t>(i) % names.size()];
      // Somewhere in the middle of the load: the moment of the kill is what is being varied.
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 400));
      suite.process(name).Kill(SIGKILL);
      ASSERT_TRUE(suite.process(name).WaitForEnd(std::chrono::seconds(10)));
      suite.StartProcess(name);
      ASSERT_TRUE(suite.WaitReady(name)) << name << " does not come back";
    }
    for (const std::string& name : names) ASSERT_TRUE(suite.WaitReady(name)) << name;
    load.AwaitPeople(11);
    load.Stop();

    const std::vector<Acknowledged> people = load.people();
    std::map<std::string, int> login, refresh, token;
    for (const Acknowledged& person : people) {
      ++login[ReasonAfterCircuits([&] { return client.Login(person.email, kPassword).status(); })];
      ++token[ReasonAfterCircuits([&] { return client.WhoAmI(person.access_token).status(); })];
      ++refresh[ReasonAfterCircuits([&] { return client.Refresh(person.refresh_token).status(); })];
    }
    const int all = static_cast<int>(people.size());
    EXPECT_EQ(login, (std::map<std::string, int>{{"OK", all}})) << "registrations";
    EXPECT_EQ(token, (std::map<std::string, int>{{"OK", all}})) << "keys";
    EXPECT_EQ(refresh, (std::map<std::string, int>{{"OK", all}})) << "sessions";
    std::printf(
        "%d kills, %d registrations and %d refreshes acknowledged, none lost; refused meanwhile:",
        Kills(), all, load.refreshes());
    for (const auto& [reason, count] : load.reasons()) std::printf(" %s %d", reason.c_str(), count);
    std::printf("\n");
  }
}

}  // namespace
}  // namespace tokenforge::systemtest
