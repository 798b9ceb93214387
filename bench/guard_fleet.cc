#include "bench/guard_fleet.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/system/facade_client.h"

namespace tokenforge::bench {
namespace {

// Between two rounds of questions: short beside what is measured, and the processes measured need
// the cores too.
constexpr auto kBetweenRounds = std::chrono::microseconds(200);

[[noreturn]] void Give(const std::string& why) {
  std::fprintf(stderr, "tokenforge-bench: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace

GuardOptions OptionsFor(const systemtest::Suite& suite, const std::string& guard_id) {
  const std::string identity = suite.certs() + "/example";
  GuardOptions options;
  options.issuer = suite.issuer();
  options.audiences = {kAudience};
  options.facade_address = suite.addresses("auth");
  options.tls = {.cert_file = identity + ".crt",
                 .key_file = identity + ".key",
                 .ca_file = suite.certs() + "/ca.crt"};
  options.guard_id = guard_id;
  return options;
}

GuardFleet::GuardFleet(const systemtest::Suite& suite, int count) {
  for (int i = 0; i < count; ++i) {
    servers_.push_back(
        std::make_unique<EchoServer>(OptionsFor(suite, "bench-" + std::to_string(i))));
  }
  for (const auto& server : servers_) {
    if (!server->guard().WaitUntilReady(std::chrono::minutes(1))) Give("a guard got no keys");
  }
}

void GuardFleet::AwaitAccepted(const std::string& token) const {
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  for (const auto& server : servers_) {
    for (auto caller = server->guard().VerifyToken(token); !caller.ok();
         caller = server->guard().VerifyToken(token)) {
      if (Clock::now() > deadline) Give("a good token is refused: " + caller.status().ToString());
      std::this_thread::sleep_for(kBetweenRounds);
    }
  }
}

std::vector<GuardFleet::Clock::time_point> GuardFleet::RefusalTimes(
    const std::string& token) const {
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  std::vector<Clock::time_point> refused;
  std::vector<const Guard*> asked;
  asked.reserve(servers_.size());
  for (const auto& server : servers_) asked.push_back(&server->guard());
  while (!asked.empty()) {
    std::erase_if(asked, [&](const Guard* guard) {
      const auto caller = guard->VerifyToken(token);
      if (caller.ok()) return false;
      const std::string reason = systemtest::ReasonName(caller.status());
      if (reason != "TOKEN_REVOKED" && reason != "TOKEN_UNKNOWN_KEY")
        Give("refused for another reason: " + reason);
      refused.push_back(Clock::now());
      return true;
    });
    if (Clock::now() > deadline) Give(std::to_string(asked.size()) + " guards still accept it");
    if (!asked.empty()) std::this_thread::sleep_for(kBetweenRounds);
  }
  return refused;
}

}  // namespace tokenforge::bench
