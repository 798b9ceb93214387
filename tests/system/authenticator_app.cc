#include "tests/system/authenticator_app.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/rpc/status.h"
#include "services/users/totp.h"

namespace tokenforge::systemtest {
namespace {

secret::Secret Decoded(const std::string& base32) {
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : base32) {
    bits = bits << 5 | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
    if ((count += 5) < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return secret::Secret::Take(std::move(bytes));
}

void Authorize(grpc::ClientContext& context, const std::string& access_token) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  context.AddMetadata("authorization", "Bearer " + access_token);
}

}  // namespace

AuthenticatorApp::AuthenticatorApp(const std::string& base32) : secret_(Decoded(base32)) {}

std::string AuthenticatorApp::FreshCode() {
  const std::int64_t now = users::TotpStepAt(std::chrono::system_clock::now());
  last_step_ = std::max(last_step_ + 1, now - users::kTotpDrift);
  return std::string(users::TotpCode(secret_, last_step_).Expose());
}

std::string AuthenticatorApp::WrongCode() const {
  const auto now = std::chrono::system_clock::now();
  for (char digit = '0';; ++digit) {
    const std::string guess(6, digit);
    const bool soon = users::MatchTotp(secret_, guess, now + 2 * users::kTotpStep, 0).has_value();
    if (!soon && !users::MatchTotp(secret_, guess, now, 0)) return guess;
  }
}

absl::Status EnableFactor(const FacadeClient& client, const std::string& access_token) {
  auth::v1::EnrollTotpResponse enrolled;
  grpc::ClientContext enrolling;
  Authorize(enrolling, access_token);
  const grpc::Status begun =
      client.stub().EnrollTotp(&enrolling, auth::v1::EnrollTotpRequest(), &enrolled);
  if (!begun.ok()) return rpc::FromGrpc(begun, "auth");
  auth::v1::ConfirmTotpRequest request;
  request.set_code(AuthenticatorApp(enrolled.secret()).FreshCode());
  auth::v1::ConfirmTotpResponse confirmed;
  grpc::ClientContext confirming;
  Authorize(confirming, access_token);
  const grpc::Status done = client.stub().ConfirmTotp(&confirming, request, &confirmed);
  return done.ok() ? absl::OkStatus() : rpc::FromGrpc(done, "auth");
}

}  // namespace tokenforge::systemtest
