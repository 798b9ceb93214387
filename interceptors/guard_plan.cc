#include "interceptors/guard_plan.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <set>

#include "interceptors/decorated_service.h"
#include "interceptors/guard_trust.h"
#include "interceptors/policy_watch.h"
#include "lib/rpc/peer.h"

namespace tokenforge::internal {
namespace {

using Faults = std::vector<errors::FieldFault>;

constexpr char kHealth[] = "grpc.health.v1.Health";
constexpr const char* kReflection[] = {"grpc.reflection.v1alpha.ServerReflection",
                                       "grpc.reflection.v1.ServerReflection"};
constexpr char kReflectionPlugin[] = "proto_server_reflection";

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

// Finds the methods of a service and what their protos say, and appends both.
class Services {
 public:
  Services(const GuardOptions& options, CheckedMethods& checked, Faults& faults)
      : options_(options), checked_(checked), faults_(faults) {
    for (const auto& [name, rule] : options.rules) CheckRule(rule, "rules[" + name + "]", faults);
  }

  void Add(ProtectedService& added) {
    if (!names_.insert(added.name).second) {
      faults_.push_back({added.name, "is protected twice"});
      return;
    }
    const auto* const descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(added.name);
    if (descriptor == nullptr) {
      faults_.push_back({added.name,
                         "has no descriptor in this program, so no rules can be read: generate it "
                         "without the lite runtime"});
    } else if (added.service == nullptr) {
      faults_.push_back({added.name, "Protect was given a null service"});
    } else {
      if (!added.checks) CheckDecoratable(*descriptor, *added.service, faults_);
      for (int i = 0; i < descriptor->method_count(); ++i) AddMethod(added, *descriptor->method(i));
    }
  }

  // What stands in GuardOptions::rules for generic services; anything else there is a mistake.
  void AddGeneric(bool has_generic) {
    base.has_generic = has_generic;
    for (const auto& [name, rule] : options_.rules) {
      if (used_.contains(name)) continue;
      if (names_.contains(name.substr(0, name.find('/')))) {
        faults_.push_back({"rules[" + name + "]",
                           "names no method of its service that is without a rule of its proto"});
      } else if (!has_generic) {
        faults_.push_back({"rules[" + name + "]", "names no method of a protected service"});
      } else {
        base.generic.emplace(name, rule);
      }
    }
  }

  PolicyBase base;
  std::vector<BoundMethod*> methods;

 private:
  void AddMethod(ProtectedService& added, const google::protobuf::MethodDescriptor& method) {
    const std::string path = "/" + NameOf(method);
    auto bound = std::make_unique<BoundMethod>(path, telemetry::ServerMethod::Of(path));
    bound->streaming = method.client_streaming() || method.server_streaming();
    if (added.checks) checked_.Add(*bound);
    DeclaredRule declared = DeclaredFor(method, faults_);
    for (const std::string& name : {NameOf(method), added.name}) {
      const auto said = options_.rules.find(name);
      if (declared.rule || said == options_.rules.end()) continue;
      declared = {said->second, name != added.name};
      used_.insert(name);
    }
    base.methods.push_back({NameOf(method), std::move(declared)});
    methods.push_back(bound.get());
    added.methods.push_back(std::move(bound));
  }

  const GuardOptions& options_;
  CheckedMethods& checked_;
  Faults& faults_;
  std::set<std::string> names_, used_;
};

// Of all issuers: whom a rule that names none may take.
std::vector<std::string> AudiencesOf(const GuardOptions& options) {
  std::vector<std::string> audiences = options.audiences;
  for (const TrustedIssuer& one : options.more_issuers) {
    audiences.insert(audiences.end(), one.audiences.begin(), one.audiences.end());
  }
  return audiences;
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

std::optional<std::string> ReadPolicy(const GuardOptions& options, Faults& faults) {
  absl::StatusOr<std::string> text = ReadPolicyText(options.policy_file);
  if (text.ok()) return *std::move(text);
  for (errors::FieldFault& fault : errors::FaultsOf(text.status())) {
    faults.push_back(std::move(fault));
  }
  return std::nullopt;
}

void AddPolicy(jose::PolicyOptions policy, GuardPlan& plan, Faults& faults) {
  auto created = jose::ValidationPolicy::Create(std::move(policy));
  if (created.ok()) {
    plan.policies.push_back(*std::move(created));
  } else if (faults.empty()) {
    faults.push_back({"GuardOptions", std::string(created.status().message())});
  }
}

// How the tokens that rules ask for are going to be verified.
void PlanTokens(const GuardOptions& options, GuardPlan& plan, Faults& faults) {
  const std::string needy = plan.rules->MethodWithToken();
  const bool has_source = SourcesOf(options) > 0;
  if (!needy.empty() && !has_source) {
    faults.push_back({"facade_address, jwks_file, trust",
                      "one of them is needed: " + needy + " asks for a token"});
  }
  jose::PolicyOptions policy{options.issuer, options.audiences, options.leeway};
  for (const std::string& audience : plan.rules->Audiences()) policy.audiences.push_back(audience);
  std::vector<std::string> known = AudiencesOf(options);
  known.insert(known.end(), policy.audiences.begin(), policy.audiences.end());
  plan.rules->Freeze(has_source, std::move(known));
  if (needy.empty() && !has_source) return;
  CheckTokenOptions(options, faults);
  CheckIssuers(options, faults);
  AddPolicy(std::move(policy), plan, faults);
  for (const TrustedIssuer& issuer : options.more_issuers) {
    AddPolicy({issuer.issuer, issuer.audiences, options.leeway}, plan, faults);
  }
}

bool IsOpen(const GuardOptions& options, const std::string& name) {
  if (name == kHealth) return options.open_health;
  return name.starts_with("grpc.reflection.") && options.open_reflection;
}

}  // namespace

GuardPlan MakePlan(const GuardOptions& options, std::vector<ProtectedService>& services,
                   CheckedMethods& checked, Faults& faults) {
  PolicySetting setting{TrustDomain(options, faults), AudiencesOf(options), options.max_stale};
  Services found(options, checked, faults);
  if (services.empty() && !options.generic_checks) {
    faults.push_back({"Guard", "no service is protected: call Protect"});
  }
  for (ProtectedService& service : services) found.Add(service);
  found.AddGeneric(options.generic_checks);
  GuardPlan plan;
  std::optional<std::string> text;
  if (!options.policy_file.empty()) text = ReadPolicy(options, faults);
  plan.policy_text = text.value_or("");
  plan.rules = std::make_unique<LivePolicy>(std::move(found.base), std::move(setting),
                                            std::move(found.methods), checked);
  plan.rules->Load(text, faults);
  PlanTokens(options, plan, faults);
  return plan;
}

void CheckUnguarded(const GuardOptions& options, grpc::ServerBuilder& builder,
                    CheckedMethods& checked, Faults& faults) {
  const PastTheGuard past = FindPastTheGuard(builder);
  std::vector<std::string> open = past.services;
  for (const std::string& name : past.services) {
    if (IsOpen(options, name) || options.allow_unguarded) continue;
    faults.push_back({name,
                      "was registered at the builder, past the guard: use Protect instead of "
                      "RegisterService, or set allow_unguarded"});
  }
  for (const std::string& name : past.plugins) {
    if (options.allow_unguarded || (name == kReflectionPlugin && options.open_reflection)) continue;
    faults.push_back({name,
                      "is a plug-in of the builder that serves methods past the guard: "
                      "leave it out, or set allow_unguarded"});
  }
  if (grpc::DefaultHealthCheckServiceEnabled()) {
    open.push_back(kHealth);
    if (!options.open_health && !options.allow_unguarded) {
      faults.push_back({kHealth, "is served by gRPC itself, past the guard: open_health is false"});
    }
  }
  for (const char* const name : kReflection) open.push_back(name);
  if (past.generic && options.generic_checks) checked.AcceptGeneric(open);
  if (past.generic && !options.generic_checks && !options.allow_unguarded) {
    faults.push_back({"generic service",
                      "a builder's generic service cannot be guarded by rules: "
                      "let it call Guard::Check, and set generic_checks"});
  }
}

}  // namespace tokenforge::internal
