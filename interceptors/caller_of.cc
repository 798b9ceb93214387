// CallerOf: from the guard's call, or from what a handler's test put there (testing/fake_caller.h).
#include "interceptors/fake_callers.h"
#include "interceptors/guarded_call.h"
#include "tokenforge/caller.h"

namespace tokenforge {

Caller CallerOf(const grpc::ServerContextBase& context) {
  if (const internal::GuardedCall* const call = internal::GuardedCall::Find(context)) {
    return call->caller();
  }
  const internal::FakeLookUp look_up = internal::fake_look_up.load(std::memory_order_acquire);
  return look_up != nullptr ? look_up(context) : Caller();
}

}  // namespace tokenforge
