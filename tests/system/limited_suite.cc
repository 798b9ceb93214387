#include "tests/system/limited_suite.h"

#include <sstream>
#include <thread>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"

namespace tokenforge::systemtest {
namespace {

using auth::v1::AuthService;
using std::chrono::milliseconds;
using std::chrono::seconds;

void Prepare(grpc::ClientContext& context, const std::string& from) {
  context.set_deadline(std::chrono::system_clock::now() + seconds(60));
  if (!from.empty()) context.AddMetadata("x-forwarded-for", from);
}

Headers LimitsOf(const grpc::ClientContext& context) {
  Headers limits;
  for (const auto& [name, value] : context.GetServerTrailingMetadata()) {
    if (!name.starts_with("ratelimit-")) continue;
    limits.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  return limits;
}

}  // namespace

milliseconds Told::retry_after() const {
  return errors::RetryAfterOf(status).value_or(milliseconds(-1));
}

std::string Told::all() const {
  std::ostringstream text;
  text << status.code() << " " << reason() << " " << status.message();
  if (retry_after() > milliseconds(0)) text << " retry";
  for (const auto& [name, value] : limits) {
    text << " " << name << (name == "ratelimit-reset" ? "" : "=" + value);
  }
  return text.str();
}

LoginCall::LoginCall(const std::string& email, const std::string& password,
                     const std::string& from) {
  Prepare(context, from);
  request.set_email(email);
  request.set_password(password);
}

LimitedSuite::LimitedSuite(const std::vector<std::string>& sessions_flags)
    : suite_({.limited = true,
              .flags = {{"auth", {"--trusted-proxies=/example", "--max-passwords=1000"}},
                        {"sessions", sessions_flags}}}) {
  suite_.Start();
  CallAs("example");
}

void LimitedSuite::CallAs(const std::string& identity) {
  gateway_ = AuthService::NewStub(suite_.Connect("auth", identity));
}

std::string LimitedSuite::AnAddress() {
  const int number = ++addresses_;
  return "198.51." + std::to_string(100 + number / 250) + "." + std::to_string(1 + number % 250);
}

std::string LimitedSuite::Registered() {
  std::string email = FreshEmail();
  const Told told = Register(email, AnAddress());
  EXPECT_TRUE(told.status.ok()) << told.status;
  return email;
}

Told LimitedSuite::Register(const std::string& email, const std::string& from) {
  grpc::ClientContext context;
  Prepare(context, from);
  auth::v1::RegisterRequest request;
  request.set_email(email);
  request.set_password(kPassword);
  auth::v1::RegisterResponse response;
  Told told{rpc::FromGrpc(gateway_->Register(&context, request, &response)), LimitsOf(context)};
  if (told.status.ok()) tokens_ = response.tokens();
  return told;
}

Told LimitedSuite::Login(const std::string& email, const std::string& password,
                         const std::string& from) {
  LoginCall call(email, password, from);
  const absl::Status status =
      rpc::FromGrpc(gateway_->Login(&call.context, call.request, &call.response));
  return {status, LimitsOf(call.context)};
}

Told LimitedSuite::Refresh() {
  grpc::ClientContext context;
  Prepare(context, "");
  auth::v1::RefreshRequest request;
  request.set_refresh_token(tokens_.refresh_token());
  auth::v1::RefreshResponse response;
  const absl::Status status = rpc::FromGrpc(gateway_->Refresh(&context, request, &response));
  if (status.ok()) tokens_ = response.tokens();
  return {status, LimitsOf(context)};
}

Told LimitedSuite::LoginPast(const std::string& reason, const std::string& email,
                             const std::string& password) {
  const auto until = std::chrono::steady_clock::now() + seconds(30);
  Told told = Login(email, password, AnAddress());
  while (told.reason() == reason && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(told.retry_after());
    told = Login(email, password, AnAddress());
  }
  return told;
}

int LimitedSuite::Compared() const {
  std::istringstream metrics(Suite::HttpGet(suite_.operators_port("users"), "/metrics"));
  int compared = 0;
  for (std::string line; std::getline(metrics, line);) {
    if (!line.starts_with("rpc_server_call_duration_seconds_count{")) continue;
    if (line.find("VerifyPassword") == std::string::npos) continue;
    compared += std::stoi(line.substr(line.rfind(' ') + 1));
  }
  return compared;
}

}  // namespace tokenforge::systemtest
