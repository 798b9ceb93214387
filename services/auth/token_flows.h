// The steps that Register, Login and Refresh share: a session, and a signed access token for it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "services/auth/facade.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/auth.pb.h"

namespace tokenforge::auth {

// The claims that a user's access token makes in this session (RFC 9068 section 2.2).
keys::v1::AccessTokenClaims ClaimsOf(const Facade& facade, const Origin& origin,
                                     const users::v1::User& user,
                                     const sessions::v1::Session& session);

// Signs an access token and puts it beside the session's refresh token. Arguments must outlive the
// task.
async::Task<absl::StatusOr<v1::Tokens>> SignTokens(Facade& facade, const Origin& origin,
                                                   const users::v1::User& user,
                                                   const sessions::v1::Session& session,
                                                   const sessions::v1::RefreshToken& refresh_token);

// How a user proved who they are: the `amr` of their tokens (RFC 8176).
using Amr = std::vector<std::string>;

// Starts a session for a user who proved who they are, and signs. When the signature cannot be had,
// the session is ended again. Arguments must outlive the task.
async::Task<absl::StatusOr<v1::Tokens>> StartSession(Facade& facade, const Origin& origin,
                                                     const users::v1::User& user,
                                                     const v1::Device& device, const Amr& amr);

// The same with a password alone (amr `pwd`).
async::Task<absl::StatusOr<v1::Tokens>> StartSession(Facade& facade, const Origin& origin,
                                                     const users::v1::User& user,
                                                     const v1::Device& device);

}  // namespace tokenforge::auth
