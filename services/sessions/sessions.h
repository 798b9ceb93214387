// Sessions: what the service does, read as sentences. The gRPC edge and the tests call it; it knows
// neither gRPC nor Redis.
//
// Thread-safe; coroutines go on where the store answers, and nothing in them blocks. Everything
// that it is given outlives it and its tasks. Errors are those of the proto (sessions.proto).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "lib/secret/secret.h"
#include "services/sessions/anchored_clock.h"
#include "services/sessions/refresh_token.h"
#include "services/sessions/revocation_feed.h"
#include "services/sessions/session_store.h"
#include "services/sessions/theft_audit.h"

namespace tokenforge::sessions {

// A session with the refresh token for its newest generation.
struct Granted {
  Session session;
  secret::Secret refresh_token;
  bool repeated = false;  // the same successor as before
};

// What came of a refresh token.
struct Refreshed {
  absl::StatusOr<Granted> granted;
  std::optional<Theft> theft;  // for the audit log; `granted` is REFRESH_TOKEN_REUSED then
};

// Where a page of sessions begins: after this one.
struct PageStart {
  Time created;
  uuid::Uuid id;
};

struct SessionPage {
  std::vector<Session> sessions;  // newest first
  std::optional<PageStart> next;  // none: this was the last page
};

class Sessions {
 public:
  struct Parts {
    SessionStore* store;
    RevocationFeed* feed;
    const RefreshTokens* tokens;
    const clock::Clock* clock;
    // For rate limits, which ask a clock that the store cannot have told (two_clocks.h); null: the
    // same.
    const clock::Clock* machine = nullptr;
  };
  struct Options {
    Policy policy;
    Span store_timeout = std::chrono::seconds(2);  // of one step, if the caller's deadline is later
    // Whether only the client that a session was started for may refresh it (RFC 9700,
    // section 2.2.2).
    bool bind_client = true;
  };
  Sessions(Parts parts, Options options);

  const Policy& policy() const { return options_.policy; }

  // Starts a session; `wanted` says for whom, from where and how they proved themselves.
  async::Task<absl::StatusOr<Granted>> Start(Session wanted, clock::SteadyTime deadline);

  async::Task<Refreshed> Refresh(std::string token, std::string client, Device device,
                                 clock::SteadyTime deadline);

  async::Task<absl::StatusOr<Session>> Get(uuid::Uuid user, uuid::Uuid session,
                                           clock::SteadyTime deadline);
  async::Task<absl::StatusOr<SessionPage>> List(uuid::Uuid user, size_t page_size,
                                                std::optional<PageStart> start,
                                                clock::SteadyTime deadline);

  async::Task<absl::StatusOr<Ending>> End(uuid::Uuid user, uuid::Uuid session,
                                          clock::SteadyTime deadline);
  async::Task<absl::StatusOr<Ending>> EndAll(uuid::Uuid user, std::optional<uuid::Uuid> keep,
                                             clock::SteadyTime deadline);

  // Every session of every user that was created up to now, which it answers with.
  async::Task<absl::StatusOr<Time>> EndEverybodys(clock::SteadyTime deadline);

  // One access token until it has expired everywhere. One that has is no error and nothing to do.
  // INVALID_FIELD: it expires later than any access token may.
  async::Task<absl::StatusOr<std::vector<Revocation>>> RevokeToken(uuid::Uuid user, std::string jti,
                                                                   Time expires,
                                                                   clock::SteadyTime deadline);

  const clock::Clock& clock() const { return *parts_.clock; }

 private:
  Moment MomentFor(clock::SteadyTime deadline) const;
  Granted Grant(Session session, bool repeated) const;

  const Parts parts_;
  const Options options_;
  const AnchoredClock anchored_;
};

}  // namespace tokenforge::sessions
