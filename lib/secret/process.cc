#include "lib/secret/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>

namespace tokenforge::secret {

absl::Status DisableCoreDumps() {
  // The limit too: a core handler behind a pipe ignores it, and the flag alone is lost by some
  // setuid helpers.
  const struct rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) {
    return absl::ErrnoToStatus(errno, "core dumps cannot be disabled (RLIMIT_CORE)");
  }
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return absl::ErrnoToStatus(errno, "core dumps cannot be disabled (PR_SET_DUMPABLE)");
  }
  return absl::OkStatus();
}

}  // namespace tokenforge::secret
