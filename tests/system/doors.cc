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

}  // namespace

std::vector<Door> DoorsOf(AuthService::Stub& stub) {
  AuthService::Stub* to = &stub;
  return {
      {"login", "INVALID_CREDENTIALS",
       [to](const std::string& email, std::chrono::nanoseconds* took) {
         return Ask(*to, &AuthService::Stub::Login, Login(email), took);
       }},
  };
}

}  // namespace tokenforge::systemtest
