#include "cli/login.h"

#include <unistd.h>

#include <array>

#include "cli/client.h"

namespace tokenforge::cli {

using auth::v1::AuthService;

absl::StatusOr<NewLogin> Login(AuthService::StubInterface& auth, const std::string& email,
                               const secret::Secret& password, const CodeSource& code,
                               bool recovery) {
  auth::v1::LoginRequest request;
  request.set_email(email);
  request.set_password(std::string(password.Expose()));
  request.mutable_device()->set_name(DeviceName());
  rpc::OutgoingContext context = NewContext();
  const auto answer = CallWith(context, auth, &AuthService::StubInterface::Login, request);
  if (!answer.ok()) return answer.status();
  if (!answer->has_mfa_challenge()) return NewLogin{answer->user(), answer->tokens()};
  const absl::StatusOr<secret::Secret> given = code(answer->mfa_challenge());
  if (!given.ok()) return given.status();
  auth::v1::CompleteLoginRequest second;
  second.set_challenge(answer->mfa_challenge().challenge());
  recovery ? second.set_recovery_code(std::string(given->Expose()))
           : second.set_totp_code(std::string(given->Expose()));
  rpc::OutgoingContext next = NewContext();
  const auto done = CallWith(next, auth, &AuthService::StubInterface::CompleteLogin, second);
  if (!done.ok()) return done.status();
  return NewLogin{done->user(), done->tokens()};
}

std::string DeviceName() {
  std::array<char, 65> host{};
  const bool known = ::gethostname(host.data(), host.size() - 1) == 0;
  return std::string("tokenforge on ") + (known ? host.data() : "an unnamed host");
}

}  // namespace tokenforge::cli
