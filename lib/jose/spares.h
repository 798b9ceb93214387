// Ready-made objects that one thread at a time works with, kept for the next call: OpenSSL
// contexts, here.
//
// Why: making a context costs up to half of an RSA verification, and a context may not be shared by
// threads. Not thread-local: contexts hold a key, and a key that was rotated out must go with its
// owner, not with the thread.
//
// Thread-safe and lock-free. At most kSlots objects are kept; more threads than that, or two on one
// slot, make their own. Thread-safe for const use: taking and giving back are not changes that
// anybody can see.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace tokenforge::jose {

template <class T, class Free>
class Spares {
 public:
  using Owned = std::unique_ptr<T, Free>;

  Spares() = default;
  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;
  ~Spares() {
    for (Slot& slot : slots_) Owned(slot.object.load());
  }

  // Null when this thread's slot is empty.
  Owned Take() const { return Owned(MySlot().exchange(nullptr, std::memory_order_acq_rel)); }
  // Whatever lay in the slot goes.
  void Give(Owned object) const {
    Owned(MySlot().exchange(object.release(), std::memory_order_acq_rel));
  }

 private:
  static constexpr std::size_t kSlots = 16;
  struct alignas(64) Slot {  // a cache line each: threads do not slow each other
    std::atomic<T*> object = nullptr;
  };

  std::atomic<T*>& MySlot() const {
    static std::atomic<std::size_t> threads = 0;
    thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed) % kSlots;
    return slots_[mine].object;
  }

  mutable std::array<Slot, kSlots> slots_;
};

}  // namespace tokenforge::jose
