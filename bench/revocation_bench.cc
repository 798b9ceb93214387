// From the answer of Logout to refusal at every one of 100 connected guards; and the worst day:
// from the call that revokes every key until none of them accepts an old token.
#include <grpcpp/client_context.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bench/guard_fleet.h"
#include "bench/parts.h"
#include "tests/system/admin.h"
#include "tests/system/facade_client.h"

namespace tokenforge::bench {
namespace {

constexpr int kGuards = 100;
constexpr int kLogouts = 100;
constexpr int kEmergencies = 5;

using Clock = GuardFleet::Clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

// One person, who logs in over and over.
class Person {
 public:
  explicit Person(systemtest::Suite& suite)
      : client_(suite.Connect("auth")), email_(systemtest::FreshEmail()) {
    if (const auto added = client_.Register(email_, systemtest::kPassword); !added.ok())
      Give(added.status());
  }
  std::string Login() const {
    const auto answer = client_.Login(email_, systemtest::kPassword);
    if (!answer.ok()) Give(answer.status());
    return answer->tokens().access_token();
  }
  void Logout(const std::string& token) const {
    if (const auto done = client_.Logout(token); !done.ok()) Give(done);
  }

 private:
  [[noreturn]] static void Give(const absl::Status& why) {
    std::fprintf(stderr, "tokenforge-bench: %s\n", why.ToString().c_str());
    std::exit(1);
  }
  systemtest::FacadeClient client_;
  std::string email_;
};

void MeasureLogouts(Report& report, const GuardFleet& fleet, const Person& person) {
  std::vector<double> each, slowest;
  for (int round = 0; round < kLogouts; ++round) {
    const std::string token = person.Login();
    fleet.AwaitAccepted(token);
    person.Logout(token);
    const auto answered = Clock::now();
    for (const auto refused : fleet.RefusalTimes(token))
      each.push_back(Milliseconds(refused - answered).count());
    slowest.push_back(*std::max_element(each.end() - kGuards, each.end()));
  }
  report.Add({"revocation_p50_ms",
              Percentile(each, 0.5),
              "ms",
              {},
              "from the answer of Logout to refusal at one of 100 connected guards"});
  report.Add({"revocation_p99_ms", Percentile(each, 0.99), "ms", AtMost(100), "the same"});
  report.Add({"revocation_all_ms",
              Median(slowest),
              "ms",
              {},
              "from the answer of Logout until all 100 refuse"});
}

// The time begins with the administrator's call, since that is when somebody gives the alarm.
void MeasureEmergencies(Report& report, systemtest::Suite& suite, const GuardFleet& fleet,
                        const Person& person) {
  systemtest::Admin admin(suite);
  std::vector<double> rounds, answers, applied;
  for (int round = 0; round < kEmergencies; ++round) {
    const std::string token = person.Login();
    fleet.AwaitAccepted(token);
    const auto began = Clock::now();
    auth::v1::RevokeAllSigningKeysResponse response;
    const grpc::Status done = admin.RevokeAllSigningKeys(&response);
    if (!done.ok()) return report.Missing("emergency_ms", done.error_message());
    applied.push_back(response.guards_applied());
    answers.push_back(Milliseconds(Clock::now() - began).count());
    const auto refused = fleet.RefusalTimes(token);
    rounds.push_back(
        Milliseconds(*std::max_element(refused.begin(), refused.end()) - began).count());
  }
  report.Add({"emergency_answer_ms",
              Median(answers),
              "ms",
              {},
              "of it, until the administrator was answered, with what the guards have applied"});
  report.Add({"emergency_guards_applied",
              Median(applied),
              "",
              {},
              "guards of 100 that had applied it, says the answer"});
  report.Add({"emergency_ms", Median(rounds), "ms", AtMost(1000),
              "from calling RevokeAllSigningKeys (RS256) until 100 guards refuse the old keys"});
}

}  // namespace

void MeasureRevocation(Report& report) {
  systemtest::Suite suite(systemtest::SuiteOptions{.algorithm = "RS256", .flags = {}});
  suite.Start();
  const GuardFleet fleet(suite, kGuards);
  const Person person(suite);
  MeasureLogouts(report, fleet, person);
  MeasureEmergencies(report, suite, fleet, person);
}

}  // namespace tokenforge::bench
