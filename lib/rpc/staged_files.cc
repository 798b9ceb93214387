#include "lib/rpc/staged_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <tuple>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"

namespace tokenforge::rpc::internal {
namespace {

std::string PathOf(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

absl::Status Failed(std::string_view what) {
  return errors::Make(
      errors::reasons::INTERNAL_FAULT,
      "cannot hold TLS certificates in memory: " + std::string(what) + ": " + std::strerror(errno));
}

// Puts `content` under `fd` (or a new descriptor when it is -1) in one step: dup2 swaps what the
// path of the descriptor leads to. gRPC reads again and again while modification times differ, so
// each generation gets a time of its own.
absl::Status Replace(int& fd, const std::string& content, long generation) {
  const int fresh = memfd_create("tokenforge-tls", MFD_CLOEXEC);
  if (fresh < 0) return Failed("memfd_create");
  size_t written = 0;
  while (written < content.size()) {
    const ssize_t n = write(fresh, content.data() + written, content.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      close(fresh);
      return Failed("write");
    }
    written += static_cast<size_t>(n);
  }
  const std::array<timespec, 2> times = {timespec{generation, 0}, timespec{generation, 0}};
  futimens(fresh, times.data());
  fchmod(fresh, S_IRUSR);
  if (fd < 0) {
    fd = fresh;
    return absl::OkStatus();
  }
  const int swapped = dup3(fresh, fd, O_CLOEXEC);
  close(fresh);
  return swapped < 0 ? Failed("dup3") : absl::OkStatus();
}

using RegistryKey = std::tuple<std::string, std::string, std::string, long>;
struct Registry {
  sync::Mutex mutex;
  std::map<RegistryKey, std::weak_ptr<StagedFiles>> stages ABSL_GUARDED_BY(mutex);
};
Registry& SharedRegistry() {
  static Registry* const registry = new Registry;
  return *registry;
}

}  // namespace

absl::StatusOr<std::shared_ptr<StagedFiles>> StagedFiles::Of(const TlsFiles& files,
                                                             std::chrono::seconds reload) {
  Registry& registry = SharedRegistry();
  const sync::MutexLock lock(&registry.mutex);
  auto& slot = registry.stages[{files.cert_file, files.key_file, files.ca_file, reload.count()}];
  if (auto stage = slot.lock()) return stage;
  auto certificates = ReadCertificates(files);
  if (!certificates.ok()) return certificates.status();
  if (absl::Status good = CheckCertificates(*certificates, files); !good.ok()) return good;
  const std::shared_ptr<StagedFiles> stage(new StagedFiles(files, reload));
  if (absl::Status staged = stage->Stage(*certificates); !staged.ok()) return staged;
  stage->seen_ = *std::move(certificates);
  stage->thread_ = std::thread([raw = stage.get()] { raw->Watch(); });
  slot = stage;
  return stage;
}

StagedFiles::~StagedFiles() {
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_or_time_.NotifyAll();
  if (thread_.joinable()) thread_.join();
  // The descriptors stay, emptied: gRPC's watcher may look once more, and must not find under their
  // numbers whatever this process opens next. Credentials live as long as the process as a rule.
  if (pair_fd_ >= 0) Replace(pair_fd_, "", ++generation_).IgnoreError();
}

std::string StagedFiles::pair_path() const { return PathOf(pair_fd_); }
std::string StagedFiles::ca_path() const { return PathOf(ca_fd_); }

absl::Status StagedFiles::Stage(const Certificates& certificates) {
  ++generation_;
  if (certificates.cert != staged_.cert || certificates.key != staged_.key) {
    absl::Status pair = Replace(pair_fd_, certificates.key + "\n" + certificates.cert, generation_);
    if (!pair.ok()) return pair;
  }
  if (certificates.ca != staged_.ca) {
    if (absl::Status ca = Replace(ca_fd_, certificates.ca, generation_); !ca.ok()) return ca;
  }
  staged_ = certificates;
  return absl::OkStatus();
}

void StagedFiles::Watch() {
  while (true) {
    {
      const sync::MutexLock lock(&mutex_);
      const auto next = std::chrono::steady_clock::now() + reload_;
      while (!stopping_ && stop_or_time_.WaitUntil(&mutex_, next)) {
      }
      if (stopping_) return;
    }
    LookAgain();
  }
}

void StagedFiles::LookAgain() {
  absl::StatusOr<Certificates> now = ReadCertificates(files_);
  if (now.ok() && *now == seen_) return;
  absl::Status taken = now.status();
  const bool changed = now.ok() || !(seen_ == Certificates());
  if (now.ok()) {
    seen_ = *now;
    taken = CheckCertificates(*now, files_);
    if (taken.ok()) taken = Stage(*now);
  } else {
    seen_ = Certificates();  // says it once, and takes the files when they are back
  }
  if (!changed) return;
  if (taken.ok()) {
    telemetry::Log(telemetry::Level::kInfo, "TLS certificate reloaded",
                   {{"cert_file", files_.cert_file}});
  } else {
    const std::string_view detail(taken.message().data(), taken.message().size());
    telemetry::Log(telemetry::Level::kWarning, "new TLS files do not fit; the old ones stay in use",
                   {{"detail", detail}});
  }
}

}  // namespace tokenforge::rpc::internal
