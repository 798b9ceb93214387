// The second step of a login, and how a person gets a second factor and loses it. Flows as in
// login_flows.h; `caller` is who the guard verified.
//
// None of them ends sessions: whoever enables a second factor proved who they are in the sessions
// that they have, and the mail that tells the owner says how to end the others.
#pragma once

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "services/auth/facade.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/auth.pb.h"
#include "tokenforge/caller.h"

namespace tokenforge::auth {

// What Login answers instead of tokens. INTERNAL_FAULT when the users service gave no challenge:
// a login never goes on without the second factor that its account has.
absl::Status AnswerChallenge(const users::v1::VerifyPasswordResponse& verified,
                             v1::LoginResponse& response);

// Look up whose login it is (a made-up challenge counts for nobody), count the guess, try the code,
// give back what was no guess, start a session of the first step's device, sign.
async::Task<absl::Status> CompleteLogin(Facade& facade, Origin origin,
                                        const v1::CompleteLoginRequest* request,
                                        v1::CompleteLoginResponse* response);

async::Task<absl::Status> EnrollTotp(Facade& facade, Origin origin, Caller caller,
                                     v1::EnrollTotpResponse* response);

// Wrong codes are bounded by the users service: five for one enrolment.
async::Task<absl::Status> ConfirmTotp(Facade& facade, Origin origin, Caller caller,
                                      const v1::ConfirmTotpRequest* request,
                                      v1::ConfirmTotpResponse* response);

// Count the guess at the password as a login's, try it, give back what was no guess.
async::Task<absl::Status> DisableTotp(Facade& facade, Origin origin, Caller caller,
                                      const v1::DisableTotpRequest* request);

}  // namespace tokenforge::auth
