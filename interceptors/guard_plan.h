// GuardPlan: what a guard is going to enforce, checked whole before anything opens.
//
// Pure but for reading our own certificate: services and options in, a plan or every fault at once
// out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interceptors/guarded_call.h"
#include "lib/errors/errors.h"
#include "lib/jose/policy.h"
#include "tokenforge/guard.h"

namespace tokenforge::internal {

struct ProtectedService {
  std::string name;                  // "notes.v1.NotesService"
  grpc::Service* service = nullptr;  // not owned
  std::vector<std::unique_ptr<const BoundMethod>> methods;
  std::unique_ptr<grpc::Service> decorated;
};

struct GuardPlan {
  // How tokens are verified, for all audiences that any rule accepts; none when no source of keys
  // is configured.
  std::optional<jose::ValidationPolicy> policy;
};

// Reads the rules of all services into their `methods` and appends everything that is wrong with
// rules, services and options.
GuardPlan MakePlan(const GuardOptions& options, std::vector<ProtectedService>& services,
                   std::vector<errors::FieldFault>& faults);

// Services that were registered past the guard, but for health and reflection, which are open on
// purpose: they tell nothing that a caller could not find out by calling.
void CheckUnguarded(grpc::ServerBuilder& builder, std::vector<errors::FieldFault>& faults);

}  // namespace tokenforge::internal
