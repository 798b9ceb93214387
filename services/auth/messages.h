// Messages of the internal services as the façade's callers see them. Pure functions.
#pragma once

#include <string>

#include "services/auth/origin.h"
#include "tokenforge/auth/v1/auth.pb.h"
#include "tokenforge/auth/v1/trust.pb.h"
#include "tokenforge/sessions/v1/sessions.pb.h"
#include "tokenforge/users/v1/users.pb.h"

namespace tokenforge::auth {

v1::User ToPublic(const users::v1::User& user);

// `current_session` is the caller's own.
v1::Session ToPublic(const sessions::v1::Session& session, const std::string& current_session);

v1::Revocation ToPublic(const sessions::v1::Revocation& revocation);

// What the caller said about the device, with the connection's address where it said none.
sessions::v1::Device ToInternal(const v1::Device& device, const Origin& origin);

}  // namespace tokenforge::auth
