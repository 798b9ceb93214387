// HashGate: how many calls that cost a password hash are under way in this process at once.
//
// Why: the users service bounds its queue, but who finds it full has already been counted in Redis
// and sent on. In a storm of logins that work is what refreshes wait for. So the excess is refused
// here, before anything is done for it: OVERLOADED with a time to come back at.
//
// Addresses share the room like buffers of a switch: one has no more than what is left free. So a
// single address comes to half of it at most, and each of many to its part.
//
// Thread-safe; one short lock. The gate outlives its slots.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/sync/mutex.h"

namespace tokenforge::auth {

class HashGate {
 public:
  // Room in the gate, until it is destroyed. Empty ones hold none.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)), subscriber_(std::move(other.subscriber_)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(gate_, other.gate_);
      std::swap(subscriber_, other.subscriber_);
      return *this;
    }
    ~Slot() {
      if (gate_ != nullptr) gate_->Leave(subscriber_);
    }

   private:
    friend class HashGate;
    Slot(HashGate* gate, std::string subscriber)
        : gate_(gate), subscriber_(std::move(subscriber)) {}
    HashGate* gate_ = nullptr;
    std::string subscriber_;
  };

  explicit HashGate(int most) : most_(most) {}
  HashGate(const HashGate&) = delete;
  HashGate& operator=(const HashGate&) = delete;

  // `subscriber` is whose call it is: an address (ip_address.h); empty when unknown. OVERLOADED.
  absl::StatusOr<Slot> Enter(const std::string& subscriber);

 private:
  void Leave(const std::string& subscriber);

  const int most_;
  sync::Mutex mutex_;
  int held_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, int> held_by_ ABSL_GUARDED_BY(mutex_);  // none of them 0
};

}  // namespace tokenforge::auth
