// The calls of a login, with its second step when a second factor is in force.
//
// Blocks; used by one thread.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace tokenforge::cli {

struct NewLogin {
  auth::v1::User user;
  auth::v1::Tokens tokens;
};

// Gives a code of the second factor; called once, only when it is needed.
using CodeSource =
    std::function<absl::StatusOr<secret::Secret>(const auth::v1::MfaChallenge& challenge)>;

// `recovery`: what `code` gives is one of the recovery codes.
absl::StatusOr<NewLogin> Login(auth::v1::AuthService::StubInterface& auth, const std::string& email,
                               const secret::Secret& password, const CodeSource& code,
                               bool recovery = false);

// What sessions of this command line are called in lists: "tokenforge on HOST".
std::string DeviceName();

}  // namespace tokenforge::cli
