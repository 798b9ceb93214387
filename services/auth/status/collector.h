// Collector: looks, again and again, at what the status page shows, and writes it on the board.
//
//   here    each second, in memory: readiness, connections, circuits, guards of this replica,
//   counts keys    every two seconds: ListKeys of the keys service events  every five seconds: the
//   newest audit events, of the users service
//
// Each on a thread of its own, so that none waits for another's service, and never on one that
// serves calls. Beside the circuits, as watches are: a page that is looked at must not decide
// whether logins are tried. What does not answer keeps its last word on the board, with its age.
//
// One owner: Start, and Stop before what it looks at goes. All parts outlive it and are
// thread-safe.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "lib/operators/readiness.h"
#include "services/auth/activity.h"
#include "services/auth/feed_loop.h"
#include "services/auth/guard_wait.h"
#include "services/auth/status/board.h"
#include "services/auth/upstreams.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::auth::status {

struct Parts {
  const Upstreams& upstreams;
  GuardWatch guards;
  std::shared_ptr<const Activity> activity;
  const operators::Readiness& readiness;
};

struct Pace {
  std::chrono::milliseconds here{1000};
  std::chrono::milliseconds keys{2000};
  std::chrono::milliseconds events{5000};
  std::chrono::milliseconds timeout{2000};  // of one question
};

// A board with what is known before anybody looked.
std::shared_ptr<Board> NewBoard();

class Collector {
 public:
  Collector(const Parts& parts, std::shared_ptr<Board> board, const Pace& pace = {});
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  void Start();
  // The board then says that nobody looks any more. Harmless when called again.
  void Stop();

 private:
  absl::Status LookHere();
  absl::Status AskKeys();
  absl::Status AskEvents();

  const Parts parts_;
  const std::shared_ptr<Board> board_;
  const Pace pace_;
  const std::unique_ptr<keys::v1::KeyService::StubInterface> keys_;
  const std::unique_ptr<users::v1::UserService::StubInterface> users_;
  FeedLoop looking_;  // last: their threads use all of the above
  FeedLoop asking_keys_;
  FeedLoop asking_events_;
};

}  // namespace tokenforge::auth::status
