// A flood of tokens with invented key IDs: what honest calls at the same guard feel of it, and how
// often the façade is asked. The guard is connected to a real façade, so that looking for an
// unknown key is the real thing.
//
// The flood comes from a thread of its own. Without it that thread verifies honest tokens instead:
// the cores are as busy, and what is left is what the invented tokens do.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench/guard_fleet.h"
#include "bench/parts.h"
#include "lib/jose/private_key.h"
#include "lib/jose/signer.h"
#include "lib/uuid/uuid.h"
#include "tests/system/facade_client.h"

namespace tokenforge::bench {
namespace {

constexpr int kInvented = 10'000;
constexpr int kHonest = 20'000;  // verifications in a slice
constexpr int kRounds = 7;

using Clock = std::chrono::steady_clock;

// Each with a key ID of its own, signed by nobody's key.
std::vector<std::string> InventedTokens(const std::string& issuer) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  jose::AccessTokenClaims claims;
  claims.issuer = issuer;
  claims.subject = uuid::NewId();
  claims.audiences = {kAudience};
  claims.issue_time = claims.not_before = now;
  claims.expire_time = now + std::chrono::minutes(15);
  claims.token_id = uuid::NewId();
  claims.client_id = "spiffe://tokenforge.local/app";
  std::vector<std::string> tokens;
  for (int i = 0; i < kInvented; ++i) {
    const jose::Signer signer(*jose::PrivateKey::Generate(jose::Algorithm::kEdDsa));
    tokens.push_back(*signer.SignAccessToken(claims));
  }
  return tokens;
}

// Verifies all of them over and over while it lives.
class OtherCaller {
 public:
  OtherCaller(const Guard& guard, const std::vector<std::string>& tokens, bool honest)
      : thread_([this, honest, &guard, &tokens](const std::stop_token& stop) {
          for (size_t i = 0; !stop.stop_requested(); i = (i + 1) % tokens.size()) {
            if (guard.VerifyToken(tokens[i]).ok() != honest) std::abort();
            ++calls_;
          }
        }) {}
  long Stop() {
    thread_.request_stop();
    thread_.join();
    return calls_;
  }

 private:
  long calls_ = 0;
  std::jthread thread_;
};

// Microseconds, each verification on the wall clock.
std::vector<double> Slice(const Guard& guard, const std::vector<std::string>& tokens) {
  std::vector<double> each;
  for (size_t i = 0; i < kHonest; ++i) {
    const auto began = Clock::now();
    if (!guard.VerifyToken(tokens[i % tokens.size()]).ok()) std::abort();
    each.push_back(std::chrono::duration<double, std::micro>(Clock::now() - began).count());
  }
  return each;
}

struct Honest {
  double quiet = 0, flooded = 0, ratio = 0;
  long poured = 0;
};

// p99 without and with the flood in turn; the ratio is the median of the rounds' ratios.
Honest Measure(const Guard& guard, const std::vector<std::string>& tokens,
               const std::vector<std::string>& invented) {
  Honest result;
  std::vector<double> quiet, flooded, ratios;
  for (int round = 0; round < kRounds; ++round) {
    OtherCaller honest(guard, tokens, true);
    quiet.push_back(Percentile(Slice(guard, tokens), 0.99));
    honest.Stop();
    OtherCaller flood(guard, invented, false);
    flooded.push_back(Percentile(Slice(guard, tokens), 0.99));
    result.poured += flood.Stop();
    ratios.push_back(flooded.back() / quiet.back());
  }
  result.quiet = Median(quiet);
  result.flooded = Median(flooded);
  result.ratio = Median(ratios);
  return result;
}

// How many calls of GetTrust the façade has counted.
double LookUps(const systemtest::Suite& suite) {
  const std::string metrics = systemtest::Suite::HttpGet(suite.operators_port("auth"), "/metrics");
  double calls = 0;
  size_t at = 0;
  while ((at = metrics.find("\nrpc_server_call_duration_seconds_count{", at)) !=
         std::string::npos) {
    const std::string line = metrics.substr(at + 1, metrics.find('\n', at + 1) - at - 1);
    if (line.find("GetTrust\"") != std::string::npos)
      calls += std::atof(line.substr(line.rfind(' ')).c_str());
    ++at;
  }
  return calls;
}

std::vector<std::string> LogIn(systemtest::Suite& suite, int count) {
  const systemtest::FacadeClient client(suite.Connect("auth"));
  const std::string email = systemtest::FreshEmail();
  std::vector<std::string> tokens;
  auto added = client.Register(email, systemtest::kPassword);
  while (added.ok() && static_cast<int>(tokens.size()) < count) {
    const auto login = client.Login(email, systemtest::kPassword);
    if (!login.ok()) break;
    tokens.push_back(login->tokens().access_token());
  }
  if (static_cast<int>(tokens.size()) < count) std::abort();
  return tokens;
}

void Add(Report& report, const std::string& kind, const Honest& honest, const char* what) {
  report.Add({"honest_p99_us_" + kind, honest.quiet, "µs", {}, std::string(what) + ", p99"});
  report.Add({"honest_p99_us_" + kind + "_flooded",
              honest.flooded,
              "µs",
              {},
              "the same while tokens with invented key IDs pour in"});
  report.Add({"honest_p99_flood_ratio_" + kind,
              honest.ratio,
              "x",
              {},
              "the latter of the former, in turn"});
}

}  // namespace

void MeasureFlood(Report& report) {
  systemtest::Suite suite(systemtest::SuiteOptions{.algorithm = "RS256", .flags = {}});
  suite.Start();
  const std::vector<std::string> tokens = LogIn(suite, 40);
  const std::vector<std::string> invented = InventedTokens(suite.issuer());
  GuardOptions options = OptionsFor(suite, "bench-cached");
  const EchoServer cached(options);
  options.guard_id = "bench-uncached";
  options.cached_tokens = 0;
  const EchoServer uncached(options);
  for (const EchoServer* server : {&cached, &uncached}) {
    if (!server->guard().WaitUntilReady(std::chrono::minutes(1))) std::abort();
  }
  const double asked_before = LookUps(suite);
  const auto began = Clock::now();
  const Honest of_cached = Measure(cached.guard(), tokens, invented);
  const Honest of_uncached = Measure(uncached.guard(), tokens, invented);
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();

  Add(report, "cached", of_cached, "verification of a token seen before, on the wall clock");
  Add(report, "uncached", of_uncached, "whole verification (RS256), on the wall clock");
  report.Add({"flood_tokens",
              static_cast<double>(of_cached.poured + of_uncached.poured),
              "",
              {},
              "tokens with invented key IDs that two guards refused"});
  // Two guards, one look-up each at once and then each 30 s.
  report.Add({"flood_look_ups", LookUps(suite) - asked_before, "",
              AtMost(2 * (1 + std::floor(seconds / 30))),
              "calls of GetTrust that they caused at the façade, two guards, in " +
                  std::to_string(static_cast<int>(seconds)) + " s"});
}

}  // namespace tokenforge::bench
