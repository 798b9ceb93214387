#include "tests/drills/host_clock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace tokenforge::drills {

HostClock::HostClock() {
  char name[] = "/tmp/tf-clock-XXXXXX";
  const int file = mkstemp(name);
  if (file < 0) {
    std::fputs("host clock: no file can be made under /tmp\n", stderr);
    std::exit(3);
  }
  close(file);
  file_ = name;
  Step(std::chrono::nanoseconds(0));
}

HostClock::~HostClock() { unlink(file_.c_str()); }

std::string HostClock::Missing() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return "a sanitizer's runtime has to come first, and so does the stepped clock";
#else
  return "";
#endif
}

std::vector<std::string> HostClock::Command() const {
  return {"/usr/bin/env", std::string("LD_PRELOAD=") + TOKENFORGE_STEPPED_CLOCK,
          "STEPPED_CLOCK_FILE=" + file_};
}

// In place: the processes have the file mapped.
void HostClock::Step(std::chrono::nanoseconds ahead) {
  const std::int64_t step = ahead.count();
  const int file = open(file_.c_str(), O_WRONLY | O_CLOEXEC);
  const bool written = file >= 0 && pwrite(file, &step, sizeof step, 0) == sizeof step;
  if (file >= 0) close(file);
  if (written) return;
  std::perror("host clock");
  std::exit(3);
}

}  // namespace tokenforge::drills
