#include "tests/system/sessions_replicas.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "lib/rpc/channel.h"

namespace tokenforge::systemtest {
namespace {

constexpr std::chrono::seconds kPatience{60};

}  // namespace

SessionsReplicas::SessionsReplicas(const std::string& redis_address, std::vector<std::string> flags)
    : flags_(std::move(flags)) {
  const std::string key_file = certs_.Path("refresh.keys");
  rpc::testing::Write(key_file, "one a2V5LW9mLXJlZnJlc2gtdG9rZW5zLW9mLWEtdGVzdCE=\n");
  EXPECT_EQ(chmod(key_file.c_str(), 0600), 0);
  flags_.insert(
      flags_.end(),
      {"--operators-listen=127.0.0.1:0", "--drain-delay=0", "--tls-cert-file=" + server_.cert_file,
       "--tls-key-file=" + server_.key_file, "--tls-ca-file=" + server_.ca_file,
       "--redis-url=" + redis_address, "--refresh-key-file=" + key_file});
  for (std::size_t i = 0; i < kReplicas; ++i) {
    ports_[i] = FreePort();
    const auto channel =
        rpc::Connect("127.0.0.1:" + std::to_string(ports_[i]), client_, "/sessions").value();
    stubs_[i] = sessions::v1::SessionService::NewStub(channel);
  }
}

bool SessionsReplicas::StartAll() {
  bool answer = true;
  for (std::size_t i = 0; i < kReplicas; ++i) Start(i);
  for (std::size_t i = 0; i < kReplicas; ++i) answer = AwaitAnswer(i) && answer;
  return answer;
}

void SessionsReplicas::Start(std::size_t replica) {
  std::vector<std::string> command = {TOKENFORGE_SESSIONS,
                                      "--listen=127.0.0.1:" + std::to_string(ports_[replica])};
  command.insert(command.end(), flags_.begin(), flags_.end());
  ASSERT_TRUE(processes_[replica].Start(command, certs_.Path("log" + std::to_string(replica))));
}

void SessionsReplicas::Kill(std::size_t replica) {
  processes_[replica].Kill(SIGKILL);
  EXPECT_TRUE(processes_[replica].WaitForEnd(kPatience));
}

bool SessionsReplicas::AwaitAnswer(std::size_t replica) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  context.set_wait_for_ready(true);
  sessions::v1::ListSessionsRequest request;
  request.set_user_id("00000000-0000-4000-8000-000000000000");
  sessions::v1::ListSessionsResponse response;
  const grpc::Status status = stubs_[replica]->ListSessions(&context, request, &response);
  if (status.ok()) return true;
  ADD_FAILURE() << status.error_message() << "\n"
                << rpc::testing::Read(certs_.Path("log" + std::to_string(replica)));
  return false;
}

}  // namespace tokenforge::systemtest
