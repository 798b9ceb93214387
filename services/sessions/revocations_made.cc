#include "services/sessions/revocations_made.h"

#include <algorithm>
#include <tuple>

namespace tokenforge::sessions {

std::vector<Session> NewestFirst(std::vector<Session> sessions, Time now, const Policy& policy) {
  std::erase_if(sessions, [&](const Session& each) { return HasEnded(each.lineage, now, policy); });
  std::sort(sessions.begin(), sessions.end(), [](const Session& a, const Session& b) {
    return std::tie(b.lineage.created, b.id) < std::tie(a.lineage.created, a.id);
  });
  return sessions;
}

std::vector<Revocation> RevokeSessions(std::span<const uuid::Uuid> sessions, Time now,
                                       const Policy& policy) {
  std::vector<Revocation> revocations;
  for (const uuid::Uuid& session : sessions) {
    revocations.push_back(
        {Revocation::Kind::kSession, session.ToString(), Time(), RevocationEnd(now, policy)});
  }
  return revocations;
}

std::vector<Revocation> RevokeUser(uuid::Uuid user, std::span<const uuid::Uuid> sessions, Time now,
                                   const Policy& policy) {
  std::vector<Revocation> revocations = RevokeSessions(sessions, now, policy);
  revocations.push_back(
      {Revocation::Kind::kUser, user.ToString(), RevokedBefore(now), RevocationEnd(now, policy)});
  return revocations;
}

}  // namespace tokenforge::sessions
