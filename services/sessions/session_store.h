// SessionStore: where sessions and revocations are kept. Each operation is one atomic step.
//
// Contract, which one test suite checks on every body (Redis, memory):
//  - Every operation may be repeated after DEPENDENCY_DOWN without harm: it may have happened.
//  - A fault of the store is DEPENDENCY_DOWN, OVERLOADED or INTERNAL_FAULT, never a verdict.
//  - Ending a session and recording its revocation is one step: no crash leaves one alone.
//  - A user has at most `max_sessions`; starting one more ends the oldest. What has expired is not
//    seen, and is dropped when its user is next written.
//  - Nothing that is stored lets a thief refresh: no token, no hash of one, no key.
// Threading: all methods may be called from any thread; coroutines go on where the store answers.
// The store outlives its tasks. Arguments that are references must live until the task ends.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "services/sessions/refresh_limit.h"
#include "services/sessions/revocation.h"
#include "services/sessions/session.h"

namespace tokenforge::sessions {

struct Rotation {
  Verdict verdict = Verdict::kEnded;
  Session session{};                      // as it is now; of kReused: as it was when theft ended it
  std::vector<Revocation> revocations{};  // what theft ended
  Attempts attempts{};                    // of kLimited
};

struct Ending {
  int sessions = 0;  // how many were live
  std::vector<Revocation> revocations;
};

// Where a reader of the log stands; made by the store, opaque to others.
using LogCursor = std::vector<std::string>;

struct LogPage {
  std::vector<Revocation> revocations;  // live ones, each at least once
  LogCursor cursor;
  bool more = false;  // ask again at once
};

class SessionStore {
 public:
  virtual ~SessionStore() = default;

  // Adds a session (generation 1, no moves). Adding the same again changes nothing more.
  // Answers what was revoked to make room.
  virtual async::Task<absl::StatusOr<std::vector<Revocation>>> Add(const Session& session,
                                                                   Moment moment) = 0;

  // Decides on a genuine token and does what the verdict says: DecideWithinLimit, with theft by
  // Policy::reuse.
  virtual async::Task<absl::StatusOr<Rotation>> Rotate(const Presented& token, Moment moment) = 0;

  // A user's live sessions, newest first.
  virtual async::Task<absl::StatusOr<std::vector<Session>>> List(uuid::Uuid user,
                                                                 Moment moment) = 0;

  // Ends one session of this user. Unknown: nothing happens; nobody revokes what is another's.
  virtual async::Task<absl::StatusOr<Ending>> End(uuid::Uuid user, uuid::Uuid session,
                                                  Moment moment) = 0;

  // Ends all sessions of a user, or all but `keep`. Without `keep` every access token of the user
  // is revoked too, also those of sessions that the store may have lost.
  virtual async::Task<absl::StatusOr<Ending>> EndAll(uuid::Uuid user,
                                                     std::optional<uuid::Uuid> keep,
                                                     Moment moment) = 0;

  // Ends every session created at or before `moment.now`, whosever it is: from the answer on they
  // are as if expired, without revocations. The instant never moves back; after an error it may be
  // set for some users. A login under way may add what is over already.
  virtual async::Task<absl::Status> EndEverybodys(Moment moment) = 0;

  // Records a revocation of a single token.
  virtual async::Task<absl::Status> Revoke(uuid::Uuid user, const Revocation& revocation,
                                           Moment moment) = 0;

  // What was revoked since `cursor`; from an empty cursor everything that is live.
  virtual async::Task<absl::StatusOr<LogPage>> ReadLog(const LogCursor& cursor, Moment moment) = 0;
};

}  // namespace tokenforge::sessions
