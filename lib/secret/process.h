// What a process that holds secrets does about itself, first thing in main.
#pragma once

#include "absl/status/status.h"

namespace tokenforge::secret {

// No core dumps, and no ptrace or /proc/PID/mem by other processes of the same user. Holds for the
// whole process and until exec; call it before the first secret is read.
absl::Status DisableCoreDumps();

}  // namespace tokenforge::secret
