// CheckedMethods: what handlers ask about themselves with Guard::Check: the methods of services on
// completion queues, and the rules of generic services.
//
// A registered method is found by the name under which gRPC registered it. A generic service has no
// registered methods: there the client's path chooses among the rules, whole or by its service, and
// a path that no rule names is refused.
//
// Threading: Add and AcceptGeneric before the server starts; SetGeneric from one thread at any
// time; the rest from any. What Find returns lives as long as this object.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "interceptors/bound_method.h"
#include "lib/sync/mutex.h"

namespace tokenforge::internal {

class CheckedMethods {
 public:
  // A method whose handler is going to ask. Not owned.
  void Add(const BoundMethod& method);

  // There is a generic service, and it asks too. `open` are full names of the services that were
  // let past the guard.
  void AcceptGeneric(const std::vector<std::string>& open);
  bool has_generic() const { return has_generic_; }

  // Replaces the rules of generic services.
  struct GenericRule {
    AccessRule said;
    MethodRule rule;
  };
  void SetGeneric(std::map<std::string, GenericRule> rules);

  // The method that a call of this path is, or null: nobody may call it.
  const BoundMethod* Find(std::string_view path) const;

  // Whether an answer to this path needs a check first. It is asked about calls that no decorated
  // handler claimed.
  bool MustBeChecked(std::string_view path) const;

 private:
  using Methods = absl::flat_hash_map<std::string, std::unique_ptr<BoundMethod>>;
  const BoundMethod* FindGeneric(const std::string& target) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::flat_hash_map<std::string, const BoundMethod*> methods_;
  bool has_generic_ = false;
  absl::flat_hash_set<std::string> open_;
  mutable sync::Mutex mutex_;
  Methods generic_ ABSL_GUARDED_BY(mutex_);  // only grows: calls hold what they found
};

}  // namespace tokenforge::internal
