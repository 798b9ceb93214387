// The guard's cost a call: two server processes, one guarded and one not, under the same calls in
// turn; the difference of the CPU that the servers used. Instruction counts, which do not drift,
// come from valgrind where it is installed.
#include <fcntl.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench/echo_server.h"
#include "bench/load.h"
#include "bench/parts.h"
#include "lib/jose/jwk_set.h"
#include "lib/jose/private_key.h"
#include "lib/jose/signer.h"
#include "lib/uuid/uuid.h"
#include "tokenforge/observe.h"

namespace tokenforge::bench {
namespace {

constexpr int kInFlight = 64;
constexpr int kRounds = 7;

std::string NewToken(const jose::Signer& signer) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  jose::AccessTokenClaims claims;
  claims.issuer = kIssuer;
  claims.subject = uuid::NewId();
  claims.audiences = {kAudience};
  claims.issue_time = claims.not_before = now;
  claims.expire_time = now + std::chrono::hours(1);
  claims.token_id = uuid::NewId();
  claims.session_id = uuid::NewId();
  claims.client_id = "spiffe://tokenforge.local/app";
  claims.roles = {"editor"};
  claims.email = "ada.lovelace@example.org";
  return *signer.SignAccessToken(claims);
}

// This program again as a server, in a process of its own, optionally under valgrind. It tells its
// port on its standard output and ends when its standard input closes.
class ServerProcess {
 public:
  ServerProcess(bool guarded, const std::string& jwks_file, const std::string& counts_file = "") {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) std::abort();
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    std::vector<std::string> words = {self, guarded ? "--serve-guarded" : "--serve-bare",
                                      jwks_file};
    if (!counts_file.empty()) {
      words.insert(words.begin(), {"/usr/bin/valgrind", "--tool=callgrind",
                                   "--callgrind-out-file=/dev/null", "--log-file=" + counts_file});
    }
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    // posix_spawn, not fork: gRPC's fork handlers must not run in a process with live channels.
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[0], 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    if (posix_spawn(&pid_, arguments[0], &files, nullptr, arguments.data(), environ) != 0)
      std::abort();
    posix_spawn_file_actions_destroy(&files);
    close(in[0]);
    close(out[1]);
    stop_ = in[1];
    FILE* told = fdopen(out[0], "r");
    if (std::fscanf(told, "%d", &port_) != 1) std::abort();
    std::fclose(told);
  }
  ~ServerProcess() { Stop(); }
  void Stop() {
    if (pid_ < 0) return;
    close(stop_);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  int pid() const { return pid_; }
  int port() const { return port_; }

 private:
  pid_t pid_ = -1;
  int stop_ = -1;
  int port_ = 0;
};

// One call in flight and everything that it needs until it is answered.
struct EchoCall {
  grpc::ClientContext context;
  v1::EchoRequest request;
  v1::EchoResponse response;
};

class EchoLoad {
 public:
  EchoLoad(int port, std::vector<std::string> tokens)
      : stub_(v1::EchoService::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                           grpc::InsecureChannelCredentials()))),
        tokens_(std::move(tokens)) {}

  LoadResult Run(long calls, int in_flight = kInFlight) {
    return RunLoad(
        in_flight, std::chrono::minutes(10),
        [this](int chain, std::function<void(bool)> answered) {
          auto call = std::make_shared<EchoCall>();
          call->context.AddMetadata(
              "authorization", "Bearer " + tokens_[static_cast<size_t>(chain) % tokens_.size()]);
          call->request.set_text("hello");
          stub_->async()->Echo(
              &call->context, &call->request, &call->response,
              [call, answered](const grpc::Status& status) { answered(status.ok()); });
        },
        calls);
  }

 private:
  std::unique_ptr<v1::EchoService::Stub> stub_;
  std::vector<std::string> tokens_;
};

double MicrosecondsACall(const ServerProcess& server, EchoLoad& load, long calls) {
  const double before = CpuSecondsOf({server.pid()});
  const LoadResult result = load.Run(calls);
  if (result.failed != 0) {
    std::fprintf(stderr, "%ld echo calls failed\n", result.failed);
    std::exit(1);
  }
  return (CpuSecondsOf({server.pid()}) - before) * 1e6 / static_cast<double>(result.done);
}

// Instructions that a whole server process executed for this many calls.
double Instructions(bool guarded, long calls, const std::string& jwks_file,
                    const std::vector<std::string>& tokens) {
  const std::string counts = jwks_file + ".counts";
  {
    ServerProcess server(guarded, jwks_file, counts);
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

int ServeEcho(bool guarded, const char* jwks_file) {
  std::shared_ptr<Trust> trust;
  if (guarded) {
    std::ifstream file(jwks_file);
    std::ostringstream text;
    text << file.rdbuf();
    trust = std::make_shared<Trust>();
    if (!trust->PublishKeys(text.str()).ok()) return 1;
  }
  SetLogSink([](std::string_view, std::string_view) {});
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
  for (int i = 0; i < kInFlight; ++i) tokens.push_back(NewToken(signer));
  {
    ServerProcess bare(false, jwks_file), guarded(true, jwks_file);
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
