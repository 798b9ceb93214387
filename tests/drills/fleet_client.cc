#include "tests/drills/fleet_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstdio>
#include <cstdlib>

#include "tests/system/facade_client.h"
#include "tokenforge/client.h"

namespace tokenforge::drills {
namespace {

using auth::v1::AuthService;

constexpr std::chrono::seconds kDeadline{10};

template <class T>
T Must(absl::StatusOr<T> got) {
  if (got.ok()) return *std::move(got);
  std::fprintf(stderr, "fleet client: %s\n", got.status().ToString().c_str());
  std::exit(3);
}

MtlsFiles FilesOf(const systemtest::Suite& suite) {
  return {suite.certs() + "/app.crt", suite.certs() + "/app.key", suite.certs() + "/ca.crt"};
}

std::shared_ptr<grpc::Channel> Shipped(const systemtest::Suite& suite, const std::string& service,
                                       const std::string& identity) {
  ClientOptions options;
  options.addresses = suite.addresses(service);
  options.identity = identity;
  options.tls = FilesOf(suite);
  options.safe_to_repeat = FacadeMethodsSafeToRepeat();
  return Must(MakeChannel(options));
}

std::shared_ptr<grpc::Channel> Plain(const systemtest::Suite& suite, const std::string& service,
                                     const std::string& identity) {
  grpc::ChannelArguments arguments;
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");  // of a list there is none
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  const auto credentials = Must(MtlsChannelCredentials(FilesOf(suite), identity));
  return grpc::CreateCustomChannel("ipv4:" + suite.addresses(service), credentials, arguments);
}

template <class Request, class Response>
Answer<Response> Call(Tally& tally, const std::string& name, AuthService::Stub& stub,
                      grpc::Status (AuthService::Stub::*method)(grpc::ClientContext*,
                                                                const Request&, Response*),
                      const Request& request, const std::string& access_token = "",
                      const std::string& taken_for_ok = "") {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  if (!access_token.empty()) context.AddMetadata("authorization", "Bearer " + access_token);
  Response response;
  const auto began = std::chrono::steady_clock::now();
  grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok() && NameOf(status) == taken_for_ok) status = grpc::Status::OK;
  tally.Count(name, status, std::chrono::steady_clock::now() - began);
  if (!status.ok()) return {std::nullopt, NameOf(status)};
  return {std::move(response), ""};
}

}  // namespace

FleetClient::FleetClient(const systemtest::Suite& suite, Configuration configuration, Tally* tally)
    : tally_(*tally) {
  const auto connect = configuration == Configuration::kShipped ? Shipped : Plain;
  facade_ = AuthService::NewStub(connect(suite, "auth", "/auth"));
  guarded_ = AuthService::NewStub(connect(suite, "guarded", "/example"));
}

Answer<auth::v1::RegisterResponse> FleetClient::Register(const std::string& email) const {
  auth::v1::RegisterRequest request;
  request.set_email(email);
  request.set_password(systemtest::kPassword);
  request.set_given_name("Ada");
  request.set_family_name("Lovelace");
  return Call(tally_, "Register", *facade_, &AuthService::Stub::Register, request);
}

Answer<auth::v1::LoginResponse> FleetClient::Login(const std::string& email) const {
  auth::v1::LoginRequest request;
  request.set_email(email);
  request.set_password(systemtest::kPassword);
  request.mutable_device()->set_name("drill");
  return Call(tally_, "Login", *facade_, &AuthService::Stub::Login, request);
}

Answer<auth::v1::RefreshResponse> FleetClient::Refresh(const std::string& refresh_token) const {
  auth::v1::RefreshRequest request;
  request.set_refresh_token(refresh_token);
  return Call(tally_, "Refresh", *facade_, &AuthService::Stub::Refresh, request);
}

Answer<auth::v1::WhoAmIResponse> FleetClient::WhoAmI(const std::string& access_token) const {
  return Call(tally_, "WhoAmI", *facade_, &AuthService::Stub::WhoAmI, auth::v1::WhoAmIRequest(),
              access_token);
}

Answer<auth::v1::LogoutResponse> FleetClient::Logout(const std::string& access_token) const {
  return Call(tally_, "Logout", *facade_, &AuthService::Stub::Logout, auth::v1::LogoutRequest(),
              access_token, "UNAUTHENTICATED TOKEN_REVOKED");
}

Answer<auth::v1::WhoAmIResponse> FleetClient::Guarded(const std::string& access_token) const {
  return Call(tally_, "guarded", *guarded_, &AuthService::Stub::WhoAmI, auth::v1::WhoAmIRequest(),
              access_token);
}

}  // namespace tokenforge::drills
