#include "tests/chaos/sessions_process.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <sys/stat.h>

#include <stdexcept>

#include "lib/rpc/channel.h"

namespace tokenforge::chaos {

SessionsProcess::SessionsProcess(std::chrono::milliseconds redis_timeout) {
  const auto secret = [this](const std::string& name, const std::string& text) {
    rpc::testing::Write(certs_.Path(name), text + "\n");
    chmod(certs_.Path(name).c_str(), 0600);
    return certs_.Path(name);
  };
  const std::string address = "127.0.0.1:" + std::to_string(systemtest::FreePort());
  process_.Start(
      {TOKENFORGE_SESSIONS, "--listen=" + address, "--operators-listen=127.0.0.1:0",
       "--drain-delay=0", "--tls-cert-file=" + server_.cert_file,
       "--tls-key-file=" + server_.key_file, "--tls-ca-file=" + server_.ca_file,
       "--redis-url=" + redis_.address(), "--redis-username=sessions",
       "--redis-password-file=" + secret("redis", fakes::AclUsers::PasswordOf("sessions")),
       "--redis-timeout=" + std::to_string(redis_timeout.count()) + "ms",
       "--circuit-open-time=200ms",
       "--refresh-key-file=" +
           secret("refresh", "one a2V5LW9mLXJlZnJlc2gtdG9rZW5zLW9mLWEtdGVzdCE=")},
      certs_.Path("log"));
  const auto channel = rpc::Connect(address, client_, "/sessions", {.health_checking = false});
  stub_ = sessions::v1::SessionService::NewStub(channel.value());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  context.set_wait_for_ready(true);
  sessions::v1::ListSessionsRequest request;
  request.set_user_id("00000000-0000-4000-8000-000000000000");
  sessions::v1::ListSessionsResponse response;
  const grpc::Status status = stub_->ListSessions(&context, request, &response);
  if (!status.ok()) throw std::runtime_error(status.error_message() + "\n" + log());
}

std::string SessionsProcess::log() const { return rpc::testing::Read(certs_.Path("log")); }

}  // namespace tokenforge::chaos
