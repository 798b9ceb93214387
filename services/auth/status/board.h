// Board: where the collector writes what it knows, and the page is drawn from.
//
// Why between them: the page must come at once, whatever is down, and may be asked for until the
// process's very end, when what the collector looks at has gone. So it reads this, and nothing
// else. Thread-safe; shared by the collector and the handler.
#pragma once

#include <functional>

#include "lib/sync/mutex.h"
#include "services/auth/status/facts.h"

namespace tokenforge::auth::status {

class Board {
 public:
  explicit Board(Facts first) : facts_(std::move(first)) {}

  // `change` is called under the lock: quick, and without calling back.
  void Change(const std::function<void(Facts&)>& change);
  Facts Look() const;

 private:
  mutable sync::Mutex mutex_;
  Facts facts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::auth::status
