// GuardPlan: what a guard is going to enforce, checked whole before anything opens.
//
// Reads our own certificate and the policy file, and is pure otherwise: services and options in, a
// plan or every fault at once out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interceptors/guarded_call.h"
#include "interceptors/live_policy.h"
#include "lib/errors/errors.h"
#include "lib/jose/policy.h"
#include "tokenforge/guard.h"

namespace tokenforge::internal {

struct ProtectedService {
  std::string name;                  // "notes.v1.NotesService"
  grpc::Service* service = nullptr;  // not owned
  bool checks = false;               // its handlers ask by themselves (Guard::Check)
  std::vector<std::unique_ptr<BoundMethod>> methods;  // in the order of the descriptor
  std::unique_ptr<grpc::Service> decorated;
};

struct GuardPlan {
  // How tokens of each issuer are verified: the guard's own, for all audiences that any rule
  // accepts, and then more_issuers. None when no source of keys is configured.
  std::vector<jose::ValidationPolicy> policies;
  // The rules of all methods, in force.
  std::unique_ptr<LivePolicy> rules;
  std::string policy_text;  // of the policy file, as it was read
};

// Reads the rules of all services into their `methods` and `checked`, and appends everything that
// is wrong with rules, services, options and policy file.
GuardPlan MakePlan(const GuardOptions& options, std::vector<ProtectedService>& services,
                   CheckedMethods& checked, std::vector<errors::FieldFault>& faults);

// What the builder is going to serve past the guard, unless the options allow it. Tells `checked`
// of a generic service, and what is open on purpose.
void CheckUnguarded(const GuardOptions& options, grpc::ServerBuilder& builder,
                    CheckedMethods& checked, std::vector<errors::FieldFault>& faults);

}  // namespace tokenforge::internal
