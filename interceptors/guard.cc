#include "tokenforge/guard.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <optional>

#include "interceptors/decorated_service.h"
#include "interceptors/guard_plan.h"
#include "interceptors/guard_trust.h"
#include "interceptors/policy_watch.h"
#include "interceptors/refusal.h"
#include "interceptors/token_verifier.h"
#include "lib/rpc/status.h"
#include "lib/sync/hand_over.h"

namespace tokenforge {
namespace {

using Factory = std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>;

}  // namespace

struct Guard::Parts {
  GuardOptions options;
  std::vector<internal::ProtectedService> services;
  std::vector<Factory> interceptors;
  bool started = false;

  // Made by Start, in this order; destroyed in the opposite one.
  std::unique_ptr<internal::GuardTrust> trust;  // null when no rule needs a token
  std::unique_ptr<internal::Gate> gate;
  internal::CheckedMethods checked;
  std::unique_ptr<internal::LivePolicy> rules;
  std::unique_ptr<internal::PolicyWatch> watch;

  void MakeGate();
  void KeepRules(internal::GuardPlan& plan);
  void Register(grpc::ServerBuilder& builder);
};

void Guard::Parts::MakeGate() {
  internal::GateOptions deciding;
  deciding.fresh_within = options.fresh_within;
  deciding.max_stale = options.max_stale;
  gate = std::make_unique<internal::Gate>(deciding, trust ? trust->verifier() : nullptr);
}

void Guard::Parts::KeepRules(internal::GuardPlan& plan) {
  rules = std::move(plan.rules);
  rules->BeginToTell();
  if (options.policy_file.empty()) return;
  watch = std::make_unique<internal::PolicyWatch>(options.policy_file, std::move(plan.policy_text),
                                                  *rules);
}

void Guard::Parts::Register(grpc::ServerBuilder& builder) {
  for (internal::ProtectedService& service : services) {
    if (service.checks) {
      builder.RegisterService(service.service);
      continue;
    }
    service.decorated = internal::Decorate(*service.service, service.methods);
    builder.RegisterService(service.decorated.get());
  }
  // Ours is the last of the list: it sees the status as it leaves, and a call before anybody else.
  interceptors.push_back(std::make_unique<internal::GuardedCallFactory>(*gate, checked));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
}

Guard::Guard(GuardOptions options) : parts_(std::make_unique<Parts>()) {
  parts_->options = std::move(options);
}

// From the last call to here: gRPC has waited for it.
Guard::~Guard() { sync::TakeOver(parts_->gate.get()); }

void Guard::Add(const char* service_name, grpc::Service* service) {
  internal::ProtectedService added;
  added.name = service_name;
  added.service = service;
  parts_->services.push_back(std::move(added));
}

void Guard::AddChecked(const char* service_name, grpc::Service* service) {
  Add(service_name, service);
  parts_->services.back().checks = true;
}

void Guard::AddInterceptor(
    std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> factory) {
  parts_->interceptors.push_back(std::move(factory));
}

absl::StatusOr<std::unique_ptr<grpc::Server>> Guard::Start(grpc::ServerBuilder& builder) {
  if (parts_->started) {
    return errors::InvalidFields({{"Guard::Start", "was called before: one guard, one server"}});
  }
  parts_->started = true;
  std::vector<errors::FieldFault> faults;
  internal::GuardPlan plan =
      internal::MakePlan(parts_->options, parts_->services, parts_->checked, faults);
  internal::CheckUnguarded(parts_->options, builder, parts_->checked, faults);
  if (faults.empty() && !plan.policies.empty()) {
    auto opened = internal::GuardTrust::Open(parts_->options, plan.policies);
    for (errors::FieldFault& fault : errors::FaultsOf(opened.status())) {
      faults.push_back(std::move(fault));
    }
    if (!opened.ok() && faults.empty()) return opened.status();
    if (opened.ok()) parts_->trust = *std::move(opened);
  }
  if (!faults.empty()) return errors::InvalidFields(faults);
  parts_->MakeGate();
  parts_->KeepRules(plan);
  parts_->Register(builder);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return errors::Make(errors::reasons::DEPENDENCY_DOWN,
                        "the server did not start: is one of its ports taken?");
  }
  return server;
}

bool Guard::Ready() const {
  return parts_->gate != nullptr && (parts_->trust == nullptr || parts_->trust->HasKeys());
}

bool Guard::WaitUntilReady(std::chrono::milliseconds at_most) const {
  if (parts_->gate == nullptr) return false;
  return parts_->trust == nullptr ||
         parts_->trust->WaitForKeys(std::chrono::steady_clock::now() + at_most);
}

grpc::Status Guard::Check(grpc::ServerContextBase& context) const {
  internal::GuardedCall* const call = internal::GuardedCall::Find(context);
  return rpc::ToGrpc(call != nullptr ? call->Check()
                                     : internal::Refusal(errors::reasons::INTERNAL_FAULT));
}

absl::StatusOr<Caller> Guard::VerifyToken(std::string_view token) const {
  if (parts_->gate == nullptr) return internal::Refusal(errors::reasons::TRUST_STALE);
  return parts_->gate->Verify(token);
}

}  // namespace tokenforge
