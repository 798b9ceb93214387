#include "tests/system/doors.h"

#include "tests/system/facade_client.h"

namespace tokenforge::systemtest {
namespace {

using auth::v1::AuthService;

constexpr char kGuess[] = "a guess that nobody chose";

auth::v1::LoginRequest Login(const std::string& email) {
  auth::v1::LoginRequest request;
  request.set_email(email);
  request.set_password(kGuess);
  return request;
}

auth::v1::RegisterRequest Register(const std::string& email) {
  auth::v1::RegisterRequest request;
  request.set_email(email);
  request.set_password(kGuess);
  return request;
}

auth::v1::RequestPasswordResetRequest Reset(const std::string& email) {
  auth::v1::RequestPasswordResetRequest request;
  request.set_email(email);
  return request;
}

}  // namespace

std::vector<Door> DoorsOf(AuthService::Stub& stub) {
  AuthService::Stub* to = &stub;
  return {
      {"login", "INVALID_CREDENTIALS",
       [to](const std::string& email, std::chrono::nanoseconds* took) {
         return Ask(*to, &AuthService::Stub::Login, Login(email), took);
       }},
      {"register", "OK",
       [to](const std::string& email, std::chrono::nanoseconds* took) {
         return Ask(*to, &AuthService::Stub::Register, Register(email), took);
       }},
      {"reset", "OK",
       [to](const std::string& email, std::chrono::nanoseconds* took) {
         return Ask(*to, &AuthService::Stub::RequestPasswordReset, Reset(email), took);
       }},
  };
}

}  // namespace tokenforge::systemtest
