#include "bench/echo_load.h"

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

#include "bench/echo_server.h"
#include "lib/jose/signer.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::bench {

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

ServerProcess::ServerProcess(const std::vector<std::string>& words,
                             const std::string& counts_file) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) std::abort();
  std::vector<std::string> command = {std::filesystem::read_symlink("/proc/self/exe")};
  command.insert(command.end(), words.begin(), words.end());
  if (!counts_file.empty()) {
    command.insert(command.begin(),
                   {"/usr/bin/valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                    "--log-file=" + counts_file});
  }
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
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

void ServerProcess::Stop() {
  if (pid_ < 0) return;
  close(stop_);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

namespace {

// One call in flight and everything that it needs until it is answered.
struct EchoCall {
  grpc::ClientContext context;
  v1::EchoRequest request;
  v1::EchoResponse response;
};

}  // namespace

EchoLoad::EchoLoad(int port, std::vector<std::string> tokens)
    : stub_(v1::EchoService::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                         grpc::InsecureChannelCredentials()))),
      tokens_(std::move(tokens)) {}

LoadResult EchoLoad::Run(long calls, int in_flight) {
  return RunLoad(
      in_flight, std::chrono::minutes(10),
      [this](int chain, std::function<void(bool)> answered) {
        auto call = std::make_shared<EchoCall>();
        call->context.AddMetadata("authorization",
                                  "Bearer " + tokens_[static_cast<size_t>(chain) % tokens_.size()]);
        call->request.set_text("hello");
        stub_->async()->Echo(
            &call->context, &call->request, &call->response,
            [call, answered](const grpc::Status& status) { answered(status.ok()); });
      },
      calls);
}

double MicrosecondsACall(const ServerProcess& server, EchoLoad& load, long calls) {
  const double before = CpuSecondsOf({server.pid()});
  const LoadResult result = load.Run(calls);
  if (result.failed != 0) {
    std::fprintf(stderr, "%ld echo calls failed\n", result.failed);
    std::exit(1);
  }
  return (CpuSecondsOf({server.pid()}) - before) * 1e6 / static_cast<double>(result.done);
}

}  // namespace tokenforge::bench
