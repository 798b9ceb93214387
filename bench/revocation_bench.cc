// From the answer of Logout to refusal at every one of 100 connected guards; and the worst day:
// from the call that revokes every key until none of them accepts an old token.
#include <grpcpp/client_context.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bench/guard_fleet.h"
#include "bench/parts.h"
#include "tests/system/facade_client.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

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

// As the façade calls it; the time begins with the call, since that is when somebody gives the
// alarm.
grpc::Status RevokeAllKeys(keys::v1::KeyService::Stub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  keys::v1::RevokeAllKeysRequest request;
  request.set_reason("bench");
  keys::v1::RevokeAllKeysResponse response;
  return stub.RevokeAllKeys(&context, request, &response);
}

void MeasureEmergencies(Report& report, systemtest::Suite& suite, const GuardFleet& fleet,
                        const Person& person) {
  const auto stub = keys::v1::KeyService::NewStub(suite.Connect("keys", "auth"));
  std::vector<double> rounds, answers;
  for (int round = 0; round < kEmergencies; ++round) {
    const std::string token = person.Login();
    fleet.AwaitAccepted(token);
    const auto began = Clock::now();
    const grpc::Status done = RevokeAllKeys(*stub);
    if (!done.ok()) return report.Missing("emergency_ms", "RevokeAllKeys: " + done.error_message());
    answers.push_back(Milliseconds(Clock::now() - began).count());
    const auto refused = fleet.RefusalTimes(token);
    rounds.push_back(
        Milliseconds(*std::max_element(refused.begin(), refused.end()) - began).count());
  }
  report.Add({"emergency_answer_ms",
              Median(answers),
              "ms",
              {},
              "of it, until the call was answered: two RSA keys are made and stored"});
  report.Add({"emergency_ms", Median(rounds), "ms", AtMost(1000),
              "from calling RevokeAllKeys (RS256, new keys made) until 100 guards refuse"});
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
