// AuditAnchor: writes the end of the audit log's chain into the process's own log, every few
// minutes when it has moved, and once more when the process ends.
//
// Why: a chain does not show that its end was cut off or that all of it was made anew by somebody
// who can write to the database. The process's log usually goes elsewhere, where that somebody
// cannot write; `tokenforge audit verify --expect` compares (docs/audit.md).
//
// One thread of its own, from construction to Stop or destruction. The store outlives it.
#pragma once

#include <chrono>
#include <thread>

#include "lib/sync/mutex.h"
#include "services/users/audit_store.h"

namespace tokenforge::users {

class AuditAnchor {
 public:
  AuditAnchor(AuditStore& store, std::chrono::milliseconds interval);
  ~AuditAnchor();
  AuditAnchor(const AuditAnchor&) = delete;
  AuditAnchor& operator=(const AuditAnchor&) = delete;

  // Writes the last line. Harmless when called again.
  void Stop();

 private:
  void Loop();
  bool Pause();
  void Write();

  AuditStore& store_;
  const std::chrono::milliseconds interval_;
  sync::Mutex mutex_;
  sync::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::int64_t written_ = 0;  // the sequence in the last line; the thread's own
  std::thread thread_;
};

}  // namespace tokenforge::users
