// libtf_stepped_clock: preloaded into a process (LD_PRELOAD), it gives it the wall clock of a host
// that somebody steps: so many nanoseconds off, as the file that STEPPED_CLOCK_FILE names says from
// moment to moment. The steady clock stays the machine's.
//
// Why not libfaketime: a kernel whose clock is stepped judges anew who waits until a wall-clock
// time — a step back keeps a waiter asleep for as much longer, a step forward wakes it. libfaketime
// works out once how long a wait takes, and does not see the futex calls of abseil, which is what
// gRPC's timers wait with. Whether a service lives through a step is decided there.
//
// Waits until a wall-clock time are cut into slices, and judged by the stepped clock after each. A
// condition variable's caller is told of a spurious wake-up then, which it must bear in any case.
//
// Not touched: files' times, timerfd, interval timers; nothing of ours uses them.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kSlice = kSecond / 10;
constexpr std::int64_t kSinceBoot = 1'000'000'000;  // seconds: no machine is up for so long

using ClockGettime = int (*)(clockid_t, timespec*);
using Syscall = long (*)(long, ...);

// The next definition of a name, behind this library's.
template <class Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

ClockGettime RealClockGettime() {
  static const auto real = Real<ClockGettime>("clock_gettime");
  return real;
}

// The file's eight bytes; zero when there is none.
const std::atomic<std::int64_t>& Step() {
  static const std::atomic<std::int64_t> none = 0;
  static const std::atomic<std::int64_t>* const step = [] {
    const char* const name = std::getenv("STEPPED_CLOCK_FILE");
    const int file = name == nullptr ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return &none;
    void* const page = mmap(nullptr, sizeof none, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    return page == MAP_FAILED ? &none : static_cast<const std::atomic<std::int64_t>*>(page);
  }();
  return *step;
}

std::int64_t Nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

timespec TimeOf(std::int64_t nanoseconds) { return {nanoseconds / kSecond, nanoseconds % kSecond}; }

std::int64_t NowBy(clockid_t clock) {
  timespec now{};
  RealClockGettime()(clock, &now);
  return Nanoseconds(now);
}

std::int64_t SteppedNow() { return NowBy(CLOCK_REALTIME) + Step().load(); }

bool IsWall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

// When, by the steady clock, the next slice of a wait until a wall-clock time is over.
timespec EndOfSlice(std::int64_t deadline) {
  std::int64_t left = deadline - SteppedNow();
  left = left < 0 ? 0 : (left > kSlice ? kSlice : left);
  return TimeOf(NowBy(CLOCK_MONOTONIC) + left);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const int outcome = RealClockGettime()(clock, now);
  if (outcome == 0 && IsWall(clock)) *now = TimeOf(Nanoseconds(*now) + Step().load());
  return outcome;
}

int gettimeofday(timeval* now, void* /*zone*/) noexcept {
  const timespec time = TimeOf(SteppedNow());
  *now = {time.tv_sec, time.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* now) noexcept {
  const time_t seconds = SteppedNow() / kSecond;
  if (now != nullptr) *now = seconds;
  return seconds;
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* deadline) {
  static const auto real = Real<decltype(&pthread_cond_clockwait)>("pthread_cond_clockwait");
  if (!IsWall(clock)) return real(condition, mutex, clock, deadline);
  const timespec end = EndOfSlice(Nanoseconds(*deadline));
  const int outcome = real(condition, mutex, CLOCK_MONOTONIC, &end);
  if (outcome != ETIMEDOUT) return outcome;
  return SteppedNow() >= Nanoseconds(*deadline) ? ETIMEDOUT : 0;
}

// Which clock its deadline is by only the condition variable knows; the deadline tells as well.
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* deadline) {
  static const auto real = Real<decltype(&pthread_cond_timedwait)>("pthread_cond_timedwait");
  if (deadline->tv_sec < kSinceBoot) return real(condition, mutex, deadline);
  return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, deadline);
}

long syscall(long number, ...) noexcept {
  static const auto real = Real<Syscall>("syscall");
  va_list list;
  va_start(list, number);
  long word[6];
  for (long& one : word) one = va_arg(list, long);
  va_end(list);
  const auto* const deadline = reinterpret_cast<const timespec*>(word[3]);
  if (number != SYS_futex || (word[1] & FUTEX_CLOCK_REALTIME) == 0 || deadline == nullptr) {
    return real(number, word[0], word[1], word[2], word[3], word[4], word[5]);
  }
  for (;;) {
    const timespec end = EndOfSlice(Nanoseconds(*deadline));
    const long outcome =
        real(number, word[0], word[1] & ~FUTEX_CLOCK_REALTIME, word[2], &end, word[4], word[5]);
    const bool over = SteppedNow() >= Nanoseconds(*deadline);
    if (outcome == 0 || errno != ETIMEDOUT || over) return outcome;
  }
}
}
