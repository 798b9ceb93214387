// BoundMethod: a method that the guard decides about, with the rule that is in force now.
//
// The rule is bound to the method when it is registered, so no string of a request chooses one. A
// policy file may replace it while calls are decided.
//
// Threading: Get is one atomic load, from any thread; what it returns stays as it is until the
// guard's end, so a call may go on using it. Set is for one thread. Every rule that ever was in
// force is kept once, so changing to and fro costs no memory.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "interceptors/policy.h"
#include "lib/telemetry/call.h"

namespace tokenforge::internal {

class RuleSlot {
 public:
  RuleSlot() = default;
  RuleSlot(const AccessRule& said, MethodRule rule) { Set(said, std::move(rule)); }

  // Null: there is no rule (any more), so nobody may call. Only methods of generic services can be
  // in that state.
  const MethodRule* Get() const { return current_.load(std::memory_order_acquire); }

  // `rule` is `said`, compiled.
  void Set(const AccessRule& said, MethodRule rule);
  void Clear() { current_.store(nullptr, std::memory_order_release); }

 private:
  struct Version {
    AccessRule said;
    MethodRule rule;
  };
  std::vector<std::unique_ptr<const Version>> versions_;
  std::atomic<const MethodRule*> current_ = nullptr;
};

struct BoundMethod {
  BoundMethod(std::string method_path, telemetry::ServerMethod method_metrics)
      : path(std::move(method_path)), metrics(method_metrics) {}

  const std::string path;  // "/notes.v1.NotesService/Read"
  const telemetry::ServerMethod metrics;
  bool streaming = false;  // either side, both, or not known: it may outlive its token
  RuleSlot rule;
};

}  // namespace tokenforge::internal
