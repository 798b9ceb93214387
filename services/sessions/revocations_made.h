// What ending sessions means for their access tokens, and the order in which sessions are told: the
// same in every store. Pure; for the stores only.
#pragma once

#include <span>
#include <vector>

#include "services/sessions/session_store.h"

namespace tokenforge::sessions {

// Newest first, without what has ended.
std::vector<Session> NewestFirst(std::vector<Session> sessions, Time now, const Policy& policy);

// One revocation for each session.
std::vector<Revocation> RevokeSessions(std::span<const uuid::Uuid> sessions, Time now,
                                       const Policy& policy);
// The same, and one for all of the user's tokens that were issued before.
std::vector<Revocation> RevokeUser(uuid::Uuid user, std::span<const uuid::Uuid> sessions, Time now,
                                   const Policy& policy);

}  // namespace tokenforge::sessions
