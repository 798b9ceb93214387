// Marks where one thread hands an object to another through a library that ThreadSanitizer cannot
// see into.
//
// gRPC promises an order: an interceptor's batches, a reactor's callbacks, the answer after the
// request. It keeps the promise with atomics inside Debian's library, which is not built with
// ThreadSanitizer, so each would be reported as a race. HandOver before the object leaves, TakeOver
// where it arrives: the order then stands in our code. Nothing in other builds. Never use them
// where both sides are ours: there a missing order is a bug.
#pragma once

#if defined(__SANITIZE_THREAD__)
extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}
#endif

namespace tokenforge::sync {

inline void HandOver([[maybe_unused]] const void* object) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(const_cast<void*>(object));
#endif
}

inline void TakeOver([[maybe_unused]] const void* object) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(const_cast<void*>(object));
#endif
}

// For the length of a callback: takes over at its beginning, hands over at its end.
class Visit {
 public:
  explicit Visit(const void* object) : object_(object) { TakeOver(object_); }
  ~Visit() { HandOver(object_); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  const void* const object_;
};

}  // namespace tokenforge::sync
