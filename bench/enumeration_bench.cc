// Whether a stopwatch tells who has an account: at every public door 2,000 knocks, known and
// unknown emails in turn, at rest and under load; and while all of them are locked. Every other
// known account has a second factor.
//
// --knocks sets another number: to see smaller differences, or to be done sooner.
//
// bcrypt costs 4 here: at 12 a hash would hide differences a hundred times larger. The controls
// show what the test can see: two halves of one sample must not differ, and one that is 5 % slower
// must.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <thread>

#include "bench/parts.h"
#include "bench/rank_sum.h"
#include "bench/suite_load.h"
#include "tests/system/authenticator_app.h"
#include "tests/system/doors.h"

namespace tokenforge::bench {
namespace {

using systemtest::Door;

constexpr int kPeople = 50;

// Where mails go: they are made and written for known emails only, after the answer.
class Mailbox {
 public:
  Mailbox() {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  }
  ~Mailbox() { std::filesystem::remove_all(path_); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "tf-mails-XXXXXX";
};

// An account is locked after so many wrong guesses in a row.
systemtest::SuiteOptions SuiteOf(const Mailbox& mails, const std::string& registration,
                                 const std::string& lock_after) {
  systemtest::SuiteOptions options;
  options.postgres = true;
  options.flags = {
      {"users",
       {"--mail-server=file://" + mails.path(), "--mail-from=no-reply@example.org",
        "--mail-link-base=https://app.example.org"}},
      {"auth", {"--registration=" + registration}},
      {"sessions",
       {"--rate-limit=login_account=1000000/1000000/1s",
        "--rate-limit=reset_account=1000000/1000000/1s", "--account-lock-after=" + lock_after}}};
  return options;
}

struct Times {
  std::vector<double> known, unknown;  // microseconds
};

// Unknown emails are new each time at a door that would make an account of them.
Times Knock(const Door& door, const std::vector<std::string>& people,
            const std::vector<std::string>& strangers, std::mt19937& random) {
  Times times;
  const bool makes = std::string(door.name) == "register";
  const auto of_each_sort = sizes.knocks / 2;
  for (int i = 0; i < of_each_sort; ++i) {
    const size_t at = static_cast<size_t>(i) % people.size();
    const std::string stranger = makes ? systemtest::FreshEmail() : strangers[at];
    const bool known_first = (random() & 1U) != 0;
    for (bool known : {known_first, !known_first}) {
      std::chrono::nanoseconds took{};
      door.knock(known ? people[at] : stranger, &took);
      (known ? times.known : times.unknown).push_back(static_cast<double>(took.count()) / 1000);
    }
  }
  return times;
}

std::vector<std::string> Strangers() {
  std::vector<std::string> strangers;
  for (int i = 0; i < kPeople; ++i) strangers.push_back(systemtest::FreshEmail());
  return strangers;
}

void Tell(Report& report, const std::string& key, const Times& times, const std::string& what) {
  std::printf("  %-28s known %.0f µs, unknown %.0f µs (medians), p = %.3f\n", key.c_str(),
              Median(times.known), Median(times.unknown), RankSumP(times.known, times.unknown));
  report.Add({"enumeration_p_" + key, RankSumP(times.known, times.unknown), "p", AtLeast(0.01),
              what + ", known against unknown, rank-sum test, " + std::to_string(sizes.knocks) +
                  " knocks"});
}

void TellControls(Report& report, const std::vector<double>& times) {
  std::vector<double> even, odd, slower;
  for (size_t i = 0; i < times.size(); ++i) (i % 2 == 0 ? even : odd).push_back(times[i]);
  for (double each : odd) slower.push_back(each * 1.05);
  report.Add({"enumeration_control_same", RankSumP(even, odd), "p", AtLeast(0.01),
              "control: two halves of one sample"});
  report.Add({"enumeration_control_slower", RankSumP(even, slower), "p", AtMost(0.01),
              "control: one half made 5 % slower is seen"});
}

// Registered, half of them with a second factor; none and a missing row when that fails.
std::vector<std::string> Settle(Report& report, const systemtest::FacadeClient& owner) {
  std::vector<std::string> people;
  for (int i = 0; i < kPeople; ++i) {
    people.push_back(systemtest::FreshEmail());
    (void)owner.Register(people.back(), systemtest::kPassword);
    const auto login = systemtest::AwaitLogin(owner, people.back());
    const bool wants_factor = i % 2 == 0;
    if (!login.ok() ||
        (wants_factor && !systemtest::EnableFactor(owner, login->tokens().access_token()).ok())) {
      report.Missing("enumeration_p_login", "nobody could register");
      return {};
    }
  }
  return people;
}

void MeasureOpenDoors(Report& report, std::mt19937& random) {
  const Mailbox mails;
  systemtest::Suite suite(SuiteOf(mails, "private", "1000000"));
  suite.Start();
  const auto stub = auth::v1::AuthService::NewStub(suite.Connect("auth"));
  const std::vector<std::string> people =
      Settle(report, systemtest::FacadeClient(suite.Connect("auth")));
  if (people.empty()) return;
  for (const Door& door : systemtest::DoorsOf(*stub)) {
    const Times times = Knock(door, people, Strangers(), random);
    Tell(report, door.name, times, door.name);
    if (std::string(door.name) == "login") TellControls(report, times.unknown);
  }
  std::atomic<bool> loud = true;
  std::thread load([&] {
    const systemtest::FacadeClient other(suite.Connect("auth"));
    while (loud) (void)other.Login(people[1], systemtest::kPassword);
  });
  for (const Door& door : systemtest::DoorsOf(*stub)) {
    Tell(report, std::string(door.name) + "_loaded", Knock(door, people, Strangers(), random),
         std::string(door.name) + " under load");
  }
  loud = false;
  load.join();
}

// The first knocks lock everybody, known or not; for a minute, which the rest does not take.
void MeasureLockedDoor(Report& report, std::mt19937& random) {
  const Mailbox mails;
  systemtest::Suite suite(SuiteOf(mails, "open", "5"));
  suite.Start();
  const auto stub = auth::v1::AuthService::NewStub(suite.Connect("auth"));
  const std::vector<std::string> people =
      Settle(report, systemtest::FacadeClient(suite.Connect("auth")));
  if (people.empty()) return;
  const Door login = systemtest::DoorsOf(*stub).front();
  const std::vector<std::string> strangers = Strangers();
  for (int i = 0; i < kPeople; ++i) {
    for (int guess = 0; guess < 6; ++guess) {
      login.knock(people[static_cast<size_t>(i)], nullptr);
      login.knock(strangers[static_cast<size_t>(i)], nullptr);
    }
  }
  Tell(report, "login_locked", Knock(login, people, strangers, random), "login of locked accounts");
}

}  // namespace

void MeasureEnumeration(Report& report) {
  std::mt19937 random(std::random_device{}());
  MeasureOpenDoors(report, random);
  MeasureLockedDoor(report, random);
}

}  // namespace tokenforge::bench
