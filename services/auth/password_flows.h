// ChangePassword, RequestPasswordReset, ResetPassword, RequestEmailVerification, VerifyEmail: how
// people set passwords and prove to have an address. Flows as in login_flows.h; see auth.proto for
// what a caller is promised.
//
// A new password ends sessions: at once, through the sessions service and every guard, and, should
// this process die before that, with their next refresh, because the account itself says which
// sessions are good (HasEnded).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/auth/facade.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/auth.pb.h"
#include "tokenforge/caller.h"

namespace tokenforge::auth {

// Count the guess, change, give back what was no guess, end the other sessions.
async::Task<absl::Status> ChangePassword(Facade& facade, Origin origin, Caller caller,
                                         const v1::ChangePasswordRequest* request);

// Count the address, note the mail. Nobody looks whether there is an account.
async::Task<absl::Status> RequestPasswordReset(Facade& facade, Origin origin,
                                               const v1::RequestPasswordResetRequest* request);

// Use the token, end all sessions.
async::Task<absl::Status> ResetPassword(Facade& facade, Origin origin,
                                        const v1::ResetPasswordRequest* request);

async::Task<absl::Status> RequestEmailVerification(Facade& facade, Origin origin, Caller caller);

async::Task<absl::Status> VerifyEmail(Facade& facade, Origin origin,
                                      const v1::VerifyEmailRequest* request);

// Whether the account says that a session which began then is good no more. Clocks of two services
// may differ by half a minute: a session that is younger than that lives on.
bool HasEnded(const users::v1::User& user, const std::string& session_id,
              clock::WallTime session_begin);

}  // namespace tokenforge::auth
