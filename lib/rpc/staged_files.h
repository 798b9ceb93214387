// Certificate files that gRPC may read at any moment and always finds good and whole. Internal to
// lib/rpc.
//
// Why: gRPC's file watcher takes whatever it finds, also a new certificate with the old key, and
// then refuses every handshake. So gRPC watches copies in memory (memfd), and a thread of ours
// replaces them, in one step each, when the original files have changed and fit together. The old
// ones stay otherwise, with one log line.
//
// Thread-safe. Shared by all credentials made of the same files; the thread ends with the last of
// them.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "lib/rpc/certificates.h"
#include "lib/sync/mutex.h"

namespace tokenforge::rpc::internal {

class StagedFiles {
 public:
  // The stage of these files, made on first use. Fails as CheckTlsFiles does.
  static absl::StatusOr<std::shared_ptr<StagedFiles>> Of(const TlsFiles& files,
                                                         std::chrono::seconds reload);
  ~StagedFiles();
  StagedFiles(const StagedFiles&) = delete;
  StagedFiles& operator=(const StagedFiles&) = delete;

  // Paths to give to gRPC. Key and certificate are in one file, so that no reader ever sees two
  // that do not match.
  std::string pair_path() const;
  std::string ca_path() const;

 private:
  StagedFiles(TlsFiles files, std::chrono::seconds reload)
      : files_(std::move(files)), reload_(reload) {}
  absl::Status Stage(const Certificates& certificates);
  void Watch();
  void LookAgain();

  const TlsFiles files_;
  const std::chrono::seconds reload_;
  int pair_fd_ = -1;
  int ca_fd_ = -1;
  long generation_ = 0;
  Certificates staged_;  // after Of, the watching thread's only
  Certificates seen_;    // the last set looked at, good or not
  sync::Mutex mutex_;
  sync::CondVar stop_or_time_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tokenforge::rpc::internal
