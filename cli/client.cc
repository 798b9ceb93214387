#include "cli/client.h"

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <future>

#include "lib/errors/errors.h"
#include "lib/rpc/channel.h"
#include "lib/telemetry/call.h"

namespace tokenforge::cli {
namespace {

constexpr std::chrono::seconds kReach{5};

// A handshake that failed will hardly succeed in the next seconds: whoever calls may come again.
bool BecomesReady(grpc::Channel& channel) {
  const auto deadline = std::chrono::system_clock::now() + kReach;
  for (auto state = channel.GetState(true); state != GRPC_CHANNEL_READY;
       state = channel.GetState(true)) {
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) return false;
    if (!channel.WaitForStateChange(state, deadline)) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> Reach(const std::string& address,
                                                     const rpc::TlsFiles& files,
                                                     const std::string& identity) {
  rpc::ChannelOptions options;
  options.health_checking = false;
  options.max_response_bytes = 256 << 20;  // a snapshot of trust after a mass logout
  auto channel = rpc::Connect(address, files, identity, options);
  if (!channel.ok()) return channel.status();
  if (!BecomesReady(**channel)) {
    return absl::UnavailableError("nobody answers at " + address + " as " + identity +
                                  " within 5 s: is the suite running, and are the certificates of "
                                  "one certificate authority?");
  }
  return channel;
}

rpc::OutgoingContext NewContext(const std::string& access_token, std::chrono::seconds at_most) {
  rpc::OutgoingContext context(
      rpc::ServerCall(std::chrono::steady_clock::now() + at_most, telemetry::TraceContext::New()));
  if (!access_token.empty()) context.WithBearer(secret::Secret(access_token));
  return context;
}

AuthClient::AuthClient(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(auth::v1::AuthService::NewStub(channel)) {}

absl::StatusOr<auth::v1::RegisterResponse> AuthClient::Register(const std::string& email,
                                                                const std::string& password) {
  auth::v1::RegisterRequest request;
  request.set_email(email);
  request.set_password(password);
  request.set_given_name("Tour");
  request.mutable_device()->set_name("tokenforge tour");
  auth::v1::RegisterResponse response;
  rpc::OutgoingContext context = NewContext();
  const grpc::Status status = stub_->Register(&context.client(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status, "auth");
  return response;
}

absl::StatusOr<auth::v1::LoginResponse> AuthClient::Login(const std::string& email,
                                                          const std::string& password) {
  auth::v1::LoginRequest request;
  request.set_email(email);
  request.set_password(password);
  request.mutable_device()->set_name("tokenforge tour");
  auth::v1::LoginResponse response;
  rpc::OutgoingContext context = NewContext();
  const grpc::Status status = stub_->Login(&context.client(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status, "auth");
  return response;
}

absl::StatusOr<auth::v1::Tokens> AuthClient::Refresh(const std::string& refresh_token) {
  auth::v1::RefreshRequest request;
  request.set_refresh_token(refresh_token);
  auth::v1::RefreshResponse response;
  rpc::OutgoingContext context = NewContext();
  const grpc::Status status = stub_->Refresh(&context.client(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status, "auth");
  return response.tokens();
}

absl::Status AuthClient::Logout(const std::string& access_token) {
  auth::v1::LogoutResponse response;
  rpc::OutgoingContext context = NewContext(access_token);
  const grpc::Status status = stub_->Logout(&context.client(), {}, &response);
  return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status, "auth");
}

absl::Status AuthClient::WhoAmI(const std::string& access_token) {
  auth::v1::WhoAmIResponse response;
  rpc::OutgoingContext context = NewContext(access_token);
  const grpc::Status status = stub_->WhoAmI(&context.client(), {}, &response);
  return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status, "auth");
}

absl::Status CallEmpty(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                       const std::string& access_token) {
  grpc::GenericStub stub(channel);
  rpc::OutgoingContext context = NewContext(access_token);
  grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context.client(), method, {}, &request, &response,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status, "the server");
}

std::string Outcome(const absl::Status& status) {
  std::string outcome(telemetry::CodeName(status.code()));
  if (const auto reason = errors::ReasonOf(status)) {
    outcome += ' ' + errors::reasons::Reason_Name(*reason);
  }
  return outcome;
}

}  // namespace tokenforge::cli
