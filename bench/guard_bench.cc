// The guard's cost a call: two server processes, one guarded and one not, under the same calls in
// turn; the difference of the CPU that the servers used. Instruction counts, which do not drift,
// come from valgrind where it is installed.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench/echo_load.h"
#include "bench/echo_server.h"
#include "bench/parts.h"
#include "lib/jose/jwk_set.h"
#include "lib/jose/private_key.h"
#include "lib/jose/signer.h"
#include "tokenforge/observe.h"
#include "tokenforge/tracing.h"

namespace tokenforge::bench {
namespace {

constexpr int kRounds = 7;

// Instructions that a whole server process executed for this many calls.
double Instructions(bool guarded, long calls, const std::string& jwks_file,
                    const std::vector<std::string>& tokens) {
  const std::string counts = jwks_file + ".counts";
  {
    ServerProcess server({guarded ? "--serve-guarded" : "--serve-bare", jwks_file}, counts);
    // Kept: gRPC 1.51 may still be at work on the last answer when its callback has been called,
    // and a channel that goes away in that moment ends the process (an assertion in ref_counted.h).
    static std::vector<std::unique_ptr<EchoLoad>> kept;
    kept.push_back(std::make_unique<EchoLoad>(server.port(), tokens));
    kept.back()->Run(calls, 1);
  }
  std::ifstream file(counts);
  std::string line, last;
  while (std::getline(file, line)) {
    if (const size_t at = line.find("Collected : "); at != std::string::npos)
      last = line.substr(at + 12);
  }
  std::filesystem::remove(counts);
  return std::atof(last.c_str());
}

void MeasureInstructions(Report& report, const std::string& jwks_file,
                         const std::vector<std::string>& tokens) {
  if (!std::filesystem::exists("/usr/bin/valgrind")) {
    report.Missing("guard_overhead_instructions",
                   "valgrind is not installed (apt-get install valgrind)");
    return;
  }
  constexpr long kFew = 200, kMany = 1200;
  const auto slope = [&](bool guarded) {
    return (Instructions(guarded, kMany, jwks_file, tokens) -
            Instructions(guarded, kFew, jwks_file, tokens)) /
           (kMany - kFew);
  };
  report.Add({"guard_overhead_instructions",
              slope(true) - slope(false),
              "",
              {},
              "server instructions a call that the guard adds, one call at a time"});
}

}  // namespace

int ServeEcho(bool guarded, const char* jwks_file, const char* collector) {
  std::shared_ptr<Trust> trust;
  if (guarded) {
    std::ifstream file(jwks_file);
    std::ostringstream text;
    text << file.rdbuf();
    trust = std::make_shared<Trust>();
    if (!trust->PublishKeys(text.str()).ok()) return 1;
  }
  SetLogSink([](std::string_view, std::string_view) {});
  TracingOptions tracing;
  tracing.service = "echo";
  tracing.endpoint = collector;
  const auto traced = Tracing::Start(tracing);
  if (!traced.ok()) return 1;
  const EchoServer server(trust);
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  _exit(0);
}

void MeasureGuard(Report& report) {
  const jose::Signer signer(*jose::PrivateKey::Generate(jose::Algorithm::kEs256));
  char jwks_file[] = "/tmp/tf-bench-XXXXXX";
  close(mkstemp(jwks_file));
  std::ofstream(jwks_file) << jose::JwkSet::Of({signer.public_key()}).ToJson();
  std::vector<std::string> tokens;
  for (int i = 0; i < kEchoesInFlight; ++i) tokens.push_back(NewToken(signer));
  {
    ServerProcess bare({"--serve-bare", jwks_file}), guarded({"--serve-guarded", jwks_file});
    EchoLoad bare_load(bare.port(), tokens), guarded_load(guarded.port(), tokens);
    MicrosecondsACall(bare, bare_load, 5000);
    MicrosecondsACall(guarded, guarded_load, 5000);
    std::vector<double> added, unguarded;
    for (int round = 0; round < kRounds; ++round) {
      unguarded.push_back(MicrosecondsACall(bare, bare_load, 20000));
      added.push_back(MicrosecondsACall(guarded, guarded_load, 20000) - unguarded.back());
    }
    report.Add({"unguarded_call_us",
                Median(unguarded),
                "µs",
                {},
                "server CPU of an echo call without a guard"});
    report.Add({"guard_overhead_us", Median(added), "µs", AtMost(5),
                "what guard, log line and metrics add to it (token seen before)"});
  }
  MeasureInstructions(report, jwks_file, tokens);
  std::filesystem::remove(jwks_file);
}

}  // namespace tokenforge::bench
