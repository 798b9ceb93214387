// Register, Login, Refresh: the ways to get tokens. Each is a sentence; see auth.proto for what a
// caller is promised.
//
// Coroutines: they run on whatever thread finished what they awaited and never block. Request and
// response must live until the task has ended; rpc::Serve sees to it.
#pragma once

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "services/auth/facade.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/auth.pb.h"

namespace tokenforge::auth {

// Count against the address, store the account, start a session, sign. Once the account is stored,
// a failure says so: the next step is to log in.
async::Task<absl::Status> Register(Facade& facade, Origin origin,
                                   const v1::RegisterRequest* request,
                                   v1::RegisterResponse* response);

// Count the guess, verify the password, give back what was no guess, start a session, sign; or
// answer with a challenge, when there is a second factor (factor_flows.h).
async::Task<absl::Status> Login(Facade& facade, Origin origin, const v1::LoginRequest* request,
                                v1::LoginResponse* response);

// Rotate the refresh token (which counts it too), read the user afresh, sign. A user who is gone or
// disabled loses every session. When a later step fails, the retry gets the same successor within
// the grace of the sessions service.
async::Task<absl::Status> Refresh(Facade& facade, Origin origin, const v1::RefreshRequest* request,
                                  v1::RefreshResponse* response);

}  // namespace tokenforge::auth
