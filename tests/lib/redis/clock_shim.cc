// Loaded into a redis-server (LD_PRELOAD): its wall clock is what a test says (server_clock.h). Its
// steady clock is left alone. Stands alone; knows only the page that it shares with the test.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

const std::atomic<std::int64_t>* Page() {
  static const auto* page = []() -> const std::atomic<std::int64_t>* {
    const char* path = std::getenv("TOKENFORGE_TEST_CLOCK");
    const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) _exit(126);
    void* shared = mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (shared == MAP_FAILED) _exit(126);
    return static_cast<const std::atomic<std::int64_t>*>(shared);
  }();
  return page;
}

}  // namespace

extern "C" int gettimeofday(timeval* time, void*) {
  const std::int64_t microseconds = Page()->load();
  time->tv_sec = microseconds / 1'000'000;
  time->tv_usec = microseconds % 1'000'000;
  return 0;
}

extern "C" time_t time(time_t* into) {
  const time_t seconds = Page()->load() / 1'000'000;
  if (into != nullptr) *into = seconds;
  return seconds;
}

extern "C" int clock_gettime(clockid_t clock, timespec* time) {
  static const auto real =
      reinterpret_cast<int (*)(clockid_t, timespec*)>(dlsym(RTLD_NEXT, "clock_gettime"));
  if (clock != CLOCK_REALTIME) return real(clock, time);
  const std::int64_t microseconds = Page()->load();
  time->tv_sec = microseconds / 1'000'000;
  time->tv_nsec = microseconds % 1'000'000 * 1'000;
  return 0;
}
