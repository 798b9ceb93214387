// DeadlineWheel: which of many waiting commands have run out of time, at constant cost each.
//
// A wheel of 4 ms slots: adding and removing touch two links, and a tick looks at one slot.
// Deadlines further away than one turn stay in their slot for another turn. Nothing expires before
// its deadline; at most one slot later. One thread (the event loop's). Entries are linked in, not
// owned.
#pragma once

#include <array>
#include <chrono>

#include "lib/clock/clock.h"

namespace tokenforge::redis {

class DeadlineWheel {
 public:
  // What an object that can expire derives from. Unlinks itself when it dies.
  class Entry {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() { Unlink(); }

    void Unlink() {
      if (next_ == nullptr) return;
      next_->previous_ = previous_;
      previous_->next_ = next_;
      next_ = previous_ = nullptr;
    }

   private:
    friend class DeadlineWheel;
    void LinkBefore(Entry* place) {
      previous_ = place->previous_;
      next_ = place;
      previous_->next_ = this;
      place->previous_ = this;
    }
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
    clock::SteadyTime deadline_;
  };

  static constexpr std::chrono::milliseconds kSlot{4};

  explicit DeadlineWheel(clock::SteadyTime now) : last_(TickOf(now)) {
    for (Entry& head : slots_) head.previous_ = head.next_ = &head;
  }

  void Add(Entry* entry, clock::SteadyTime deadline) {
    entry->deadline_ = deadline;
    // A slot is looked at when its whole span has passed; one that already has been waits a turn:
    // not if it is put into the next.
    const int64_t tick = std::max(TickOf(deadline), last_);
    entry->LinkBefore(&slots_[static_cast<size_t>(tick) % kSlots]);
  }

  // Unlinks every entry whose deadline has passed and hands it to `expired(Entry*)`, which may
  // destroy it and any other entry.
  template <class Expired>
  void Advance(clock::SteadyTime now, Expired expired) {
    const int64_t tick = TickOf(now);
    Entry due;
    due.previous_ = due.next_ = &due;
    for (int64_t at = std::max(last_, tick - static_cast<int64_t>(kSlots)); at < tick; ++at) {
      CollectDue(&slots_[static_cast<size_t>(at) % kSlots], now, &due);
    }
    last_ = std::max(last_, tick);
    while (due.next_ != &due) {
      Entry* const entry = due.next_;
      entry->Unlink();
      expired(entry);
    }
  }

 private:
  static constexpr size_t kSlots = 256;

  static int64_t TickOf(clock::SteadyTime time) { return time.time_since_epoch() / kSlot; }

  static void CollectDue(Entry* head, clock::SteadyTime now, Entry* due) {
    for (Entry* entry = head->next_; entry != head;) {
      Entry* const following = entry->next_;
      if (entry->deadline_ <= now) {
        entry->Unlink();
        entry->LinkBefore(due);
      }
      entry = following;
    }
  }

  std::array<Entry, kSlots> slots_;
  int64_t last_;  // slots before this tick have been looked at
};

}  // namespace tokenforge::redis
