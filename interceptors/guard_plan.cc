#include "interceptors/guard_plan.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <set>

#include "interceptors/decorated_service.h"
#include "lib/rpc/peer.h"

namespace tokenforge::internal {
namespace {

using Faults = std::vector<errors::FieldFault>;

// The trust domain that completes `peers` paths: said, or that of our own certificate, or none.
std::string TrustDomain(const GuardOptions& options, Faults& faults) {
  if (!options.trust_domain.empty()) {
    const std::string example = "spiffe://" + options.trust_domain + "/x";
    if (!rpc::SpiffeId::Parse(example).ok()) {
      faults.push_back({"trust_domain", "is not the name of a trust domain: lower case, no path"});
    }
    return options.trust_domain;
  }
  if (options.tls.cert_file.empty()) return {};
  const absl::StatusOr<rpc::SpiffeId> own = rpc::SpiffeIdOfCertificateFile(options.tls.cert_file);
  if (own.ok()) return std::string(own->trust_domain());
  faults.push_back({"tls.cert_file", std::string(own.status().message())});
  return {};
}

void CheckService(ProtectedService& protected_service, std::string_view trust_domain,
                  Faults& faults) {
  const google::protobuf::ServiceDescriptor* const descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(protected_service.name);
  if (descriptor == nullptr) {
    faults.push_back({protected_service.name,
                      "has no descriptor in this program, so no rules can be read: generate it "
                      "without the lite runtime"});
    return;
  }
  if (protected_service.service == nullptr) {
    faults.push_back({protected_service.name, "Protect was given a null service"});
    return;
  }
  CheckDecoratable(*descriptor, *protected_service.service, faults);
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *descriptor->method(i);
    const std::string path = "/" + descriptor->full_name() + "/" + method.name();
    protected_service.methods.push_back(std::make_unique<const BoundMethod>(BoundMethod{
        path, RuleOf(method, trust_domain, faults), telemetry::ServerMethod::Of(path)}));
  }
}

void CheckServices(std::vector<ProtectedService>& services, std::string_view trust_domain,
                   Faults& faults) {
  if (services.empty()) faults.push_back({"Guard", "no service is protected: call Protect"});
  std::set<std::string> names;
  for (ProtectedService& service : services) {
    if (!names.insert(service.name).second) {
      faults.push_back({service.name, "is protected twice"});
      continue;
    }
    CheckService(service, trust_domain, faults);
  }
}

int SourcesOf(const GuardOptions& options) {
  return static_cast<int>(!options.facade_address.empty()) +
         static_cast<int>(!options.jwks_file.empty()) + static_cast<int>(options.trust != nullptr);
}

// What must be known before a token can be judged. Nothing here has a lenient default: an empty
// audience is not "any".
void CheckTokenOptions(const GuardOptions& options, Faults& faults) {
  if (options.issuer.empty()) {
    faults.push_back({"issuer", "is needed: exactly the `iss` of the tokens"});
  }
  const bool has_empty =
      std::count(options.audiences.begin(), options.audiences.end(), std::string()) > 0;
  if (options.audiences.empty() || has_empty) {
    faults.push_back({"audiences", "at least one is needed, and none may be empty"});
  }
  if (SourcesOf(options) > 1) {
    faults.push_back({"facade_address, jwks_file, trust", "are alternatives: give one of them"});
  }
  if (!options.facade_address.empty() && options.tls.cert_file.empty()) {
    faults.push_back({"tls", "the façade is asked over mTLS: certificate, key and CA are needed"});
  }
  if (options.leeway.count() < 0 || options.leeway > std::chrono::minutes(5)) {
    faults.push_back({"leeway", "must be between 0 and 5 minutes"});
  }
  if (options.fresh_within.count() <= 0) faults.push_back({"fresh_within", "must be positive"});
  if (options.max_stale.count() < 0) {
    faults.push_back({"max_stale", "must be positive, or 0 for ever"});
  }
}

}  // namespace

GuardPlan MakePlan(const GuardOptions& options, std::vector<ProtectedService>& services,
                   Faults& faults) {
  const std::string trust_domain = TrustDomain(options, faults);
  CheckServices(services, trust_domain, faults);
  jose::PolicyOptions policy{options.issuer, options.audiences, options.leeway};
  const BoundMethod* needy = nullptr;
  for (const ProtectedService& service : services) {
    for (const auto& method : service.methods) {
      if (method->rule.needs_token && needy == nullptr) needy = method.get();
      if (!method->rule.audience.empty()) policy.audiences.push_back(method->rule.audience);
    }
  }
  const bool has_source = SourcesOf(options) > 0;
  if (needy != nullptr && !has_source) {
    faults.push_back({"facade_address, jwks_file, trust",
                      "one of them is needed: " + needy->path.substr(1) + " asks for a token"});
  }
  GuardPlan plan;
  if (needy == nullptr && !has_source) return plan;
  CheckTokenOptions(options, faults);
  auto created = jose::ValidationPolicy::Create(std::move(policy));
  if (created.ok()) plan.policy = *std::move(created);
  if (!created.ok() && faults.empty()) {
    faults.push_back({"GuardOptions", std::string(created.status().message())});
  }
  return plan;
}

void CheckUnguarded(grpc::ServerBuilder& builder, Faults& faults) {
  for (const std::string& name : UnguardedServices(builder)) {
    if (name == "grpc.health.v1.Health" || name.starts_with("grpc.reflection.")) continue;
    faults.push_back({name,
                      "was registered at the builder, past the guard: use Protect instead of "
                      "RegisterService, or set allow_unguarded"});
  }
}

}  // namespace tokenforge::internal
