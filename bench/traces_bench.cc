// What traces cost a call: four guarded servers under the same calls in turn, every call recorded
// but at the first: without a collector, with one that takes spans, with one that is stopped
// (nobody listens), and with one that takes the connection and never answers.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/echo_load.h"
#include "bench/parts.h"
#include "lib/jose/jwk_set.h"
#include "lib/jose/private_key.h"
#include "lib/jose/signer.h"
#include "tests/lib/otlp/receiver.h"

namespace tokenforge::bench {
namespace {

using otlp::testing::Receiver;

constexpr int kRounds = 9;
constexpr long kCalls = 20'000;
constexpr long kTimed = 4'000;

// What a stopped process looks like from outside: the kernel takes connections, and nobody answers.
// Not a server of gRPC whose handler waits: it would hold up the threads that end our own calls.
class Hanging {
 public:
  Hanging() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    auto* const address = reinterpret_cast<sockaddr*>(&any);
    if (bind(listener_, address, size) != 0 || listen(listener_, SOMAXCONN) != 0 ||
        getsockname(listener_, address, &size) != 0) {
      std::abort();
    }
    port_ = ntohs(any.sin_port);
  }
  ~Hanging() { close(listener_); }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  const int listener_;
  int port_ = 0;
};

// One of the servers, and what was measured on it.
struct Subject {
  Subject(const std::string& jwks_file, const std::string& endpoint,
          const std::vector<std::string>& tokens)
      : server({"--serve-guarded", jwks_file, endpoint}), load(server.port(), tokens) {
    MicrosecondsACall(server, load, kCalls);  // more spans than the queue takes
  }
  void Measure() {
    cpu.push_back(MicrosecondsACall(server, load, kCalls));
    std::vector<double> times = load.Run(kTimed, 1).milliseconds;
    latency.push_back(Median(times));
  }

  ServerProcess server;
  EchoLoad load;
  std::vector<double> cpu, latency;
};

// Of what was measured side by side, round by round.
double Ratio(const std::vector<double>& of, const std::vector<double>& to) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < of.size(); ++i) ratios.push_back(of[i] / to[i]);
  return Median(ratios);
}

std::string NobodyThere() {
  const Receiver gone;
  return gone.endpoint();
}

}  // namespace

void MeasureTraces(Report& report) {
  const jose::Signer signer(*jose::PrivateKey::Generate(jose::Algorithm::kEs256));
  char jwks_file[] = "/tmp/tf-bench-XXXXXX";
  close(mkstemp(jwks_file));
  std::ofstream(jwks_file) << jose::JwkSet::Of({signer.public_key()}).ToJson();
  std::vector<std::string> tokens;
  for (int i = 0; i < kEchoesInFlight; ++i) tokens.push_back(NewToken(signer));
  {
    const Receiver live;
    const Hanging hanging;
    // Kept: see guard_bench.cc. A channel must not go while its last callback returns.
    static std::vector<std::unique_ptr<Subject>> subjects;
    for (const std::string& endpoint :
         {std::string(), live.endpoint(), NobodyThere(), hanging.endpoint()}) {
      subjects.push_back(std::make_unique<Subject>(jwks_file, endpoint, tokens));
    }
    for (int round = 0; round < kRounds; ++round) {
      for (const auto& subject : subjects) subject->Measure();
    }
    const Subject &off = *subjects[0], &on = *subjects[1], &stopped = *subjects[2],
                  &hung = *subjects[3];
    report.Add({"traces_off_us", Median(off.cpu), "µs", {}, "server CPU of a guarded echo call"});
    report.Add({"traces_on_ratio",
                Ratio(on.cpu, off.cpu),
                "",
                {},
                "the same with a span of each call exported, of that"});
    report.Add({"traces_stopped_ratio", Ratio(stopped.cpu, on.cpu), "", AtMost(1.05),
                "the same with a collector that is stopped, of one that runs"});
    report.Add({"traces_hung_ratio", Ratio(hung.cpu, on.cpu), "", AtMost(1.05),
                "the same with a collector that never answers, of one that runs"});
    report.Add({"traces_stopped_latency_ratio", Ratio(stopped.latency, off.latency), "",
                AtMost(1.05), "median latency with a stopped collector, of that without traces"});
    report.Add({"traces_hung_latency_ratio", Ratio(hung.latency, off.latency), "", AtMost(1.05),
                "median latency with a collector that never answers, of that without traces"});
    for (const auto& subject : subjects) subject->server.Stop();
  }
  std::filesystem::remove(jwks_file);
}

}  // namespace tokenforge::bench
