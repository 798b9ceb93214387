// DecoratedService: the methods of a service, each behind the guard's decision.
//
// Why: no interceptor can keep a handler from running (docs/adr). Here the server knows only our
// handlers; each asks the guard first, and runs the wrapped service's own handler only after a yes.
// A refused call's message is dropped unread.
//
// This pair of files is the only place that touches grpc::internal; tests/interceptors/ holds a
// test per kind of method to run against each version of gRPC that we support.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "interceptors/guarded_call.h"

namespace grpc {
class ServerBuilder;
class Service;
}  // namespace grpc
namespace google::protobuf {
class ServiceDescriptor;
}

namespace tokenforge::internal {

// What keeps a service from being guarded: methods on completion queues, generic or streamed-unary
// ones, or methods that are not those of its descriptor. Appends nothing when all is well.
void CheckDecoratable(const google::protobuf::ServiceDescriptor& descriptor, grpc::Service& service,
                      std::vector<errors::FieldFault>& faults);

// Wraps a service that CheckDecoratable found nothing against. `methods` are in the order of the
// descriptor; they and `service` outlive the result, and the result its server.
std::unique_ptr<grpc::Service> Decorate(grpc::Service& service,
                                        const std::vector<std::unique_ptr<BoundMethod>>& methods);

// What a builder is going to serve besides what a guard registers with it.
struct PastTheGuard {
  std::vector<std::string> services;  // full names of services registered directly
  std::vector<std::string> plugins;   // names of plug-ins that bring services of their own
  bool generic = false;               // a generic service, on a completion queue or with callbacks
};
PastTheGuard FindPastTheGuard(grpc::ServerBuilder& builder);

}  // namespace tokenforge::internal
