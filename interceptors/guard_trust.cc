#include "interceptors/guard_trust.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "interceptors/source.h"
#include "interceptors/token_verifier.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::internal {
namespace {

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "unnamed";
}

// What the façade takes as a name: printable ASCII without blanks.
bool IsName(std::string_view text, std::size_t limit) {
  return text.size() <= limit && std::all_of(text.begin(), text.end(),
                                             [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

// The guard's own issuer in the form of the others.
TrustedIssuer OwnIssuer(const GuardOptions& options) {
  TrustedIssuer own;
  own.issuer = options.issuer;
  own.audiences = options.audiences;
  own.facade_address = options.facade_address;
  own.facade_identity = options.facade_identity;
  own.jwks_file = options.jwks_file;
  own.trust = options.trust;
  return own;
}

absl::StatusOr<std::unique_ptr<Source>> OpenSource(const GuardOptions& options,
                                                   const TrustedIssuer& issuer,
                                                   const std::shared_ptr<Trust>& trust) {
  if (!issuer.jwks_file.empty()) return MakeJwksFileSource(issuer.jwks_file, trust);
  if (issuer.facade_address.empty()) return nullptr;
  FacadeOptions facade;
  facade.address = issuer.facade_address;
  facade.identity = issuer.facade_identity;
  facade.tls = options.tls;
  facade.guard_id = options.guard_id.empty() ? HostName() : options.guard_id;
  facade.issuer = issuer.issuer;
  // It tells operators what is protected; one that cannot be written there is left out.
  for (const std::string& audience : issuer.audiences) {
    if (facade.audience.empty() && IsName(audience, 256)) facade.audience = audience;
  }
  return MakeFacadeSource(facade, trust);
}

void CheckOne(const TrustedIssuer& issuer, const std::string& name, const GuardOptions& options,
              std::vector<errors::FieldFault>& faults) {
  if (issuer.issuer.empty()) {
    faults.push_back({name + ".issuer", "is needed: exactly the `iss` of its tokens"});
  }
  if (issuer.audiences.empty() ||
      std::count(issuer.audiences.begin(), issuer.audiences.end(), std::string()) > 0) {
    faults.push_back({name + ".audiences", "at least one is needed, and none may be empty"});
  }
  const int sources = static_cast<int>(!issuer.facade_address.empty()) +
                      static_cast<int>(!issuer.jwks_file.empty()) +
                      static_cast<int>(issuer.trust != nullptr);
  if (sources != 1) {
    faults.push_back({name + ".facade_address, jwks_file, trust", "exactly one of them is needed"});
  }
  if (!issuer.facade_address.empty() && options.tls.cert_file.empty()) {
    faults.push_back({"tls", "the façade is asked over mTLS: certificate, key and CA are needed"});
  }
}

}  // namespace

void CheckIssuers(const GuardOptions& options, std::vector<errors::FieldFault>& faults) {
  if (!IsName(options.guard_id, 128)) {
    faults.push_back({"guard_id", "must be at most 128 printable ASCII characters without blanks"});
  }
  std::set<std::string> names = {options.issuer};
  // One Trust would verify one issuer's tokens with the other's keys.
  std::set<const Trust*> trusts = {options.trust.get()};
  for (std::size_t i = 0; i < options.more_issuers.size(); ++i) {
    const TrustedIssuer& issuer = options.more_issuers[i];
    const std::string name = "more_issuers[" + std::to_string(i) + "]";
    CheckOne(issuer, name, options, faults);
    if (!issuer.issuer.empty() && !names.insert(issuer.issuer).second) {
      faults.push_back({name + ".issuer", "is trusted twice"});
    }
    if (issuer.trust != nullptr && !trusts.insert(issuer.trust.get()).second) {
      faults.push_back({name + ".trust", "is another issuer's: keys belong to one issuer"});
    }
  }
}

// What operators see, for as long as the guard lives.
struct GuardTrust::Metrics {
  using Trusts = std::vector<std::shared_ptr<Trust>>;
  explicit Metrics(const Trusts& trusts)
      : live(telemetry::GaugeFamily("tokenforge_revocations_live", "Revocations in force").With(),
             [trusts] {
               std::size_t sum = 0;
               for (const auto& trust : trusts) sum += trust->LiveRevocations();
               return static_cast<double>(sum);
             }),
        age(telemetry::GaugeFamily("tokenforge_trust_feed_age_seconds",
                                   "Time since the source of keys and revocations was last heard; "
                                   "with several issuers the oldest")
                .With(),
            [trusts] {
              std::chrono::nanoseconds oldest{0};
              for (const auto& trust : trusts) oldest = std::max(oldest, trust->Age());
              return std::chrono::duration<double>(oldest).count();
            }) {}

  telemetry::ObservedGauge live;
  telemetry::ObservedGauge age;
};

GuardTrust::GuardTrust() = default;

GuardTrust::~GuardTrust() = default;

absl::StatusOr<std::unique_ptr<GuardTrust>> GuardTrust::Open(
    const GuardOptions& options, const std::vector<jose::ValidationPolicy>& policies) {
  std::vector<TrustedIssuer> issuers = {OwnIssuer(options)};
  issuers.insert(issuers.end(), options.more_issuers.begin(), options.more_issuers.end());
  std::unique_ptr<GuardTrust> opened(new GuardTrust);
  VerifierOptions verifying;
  verifying.cached_tokens = options.cached_tokens;
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    const TrustedIssuer& issuer = issuers[i];
    auto trust = issuer.trust ? issuer.trust : std::make_shared<Trust>(options.trust_options);
    auto source = OpenSource(options, issuer, trust);
    if (!source.ok()) return source.status();
    Source* const asked = source->get();
    std::function<void()> look_up;
    if (asked != nullptr) look_up = [asked] { asked->LookForNewKeys(); };
    verifying.issuers.push_back(
        {policies[i], issuer.audiences, trust, std::move(look_up), /*any_rule_audience=*/i == 0});
    opened->trusts_.push_back(std::move(trust));
    opened->sources_.push_back(*std::move(source));
  }
  opened->metrics_ = std::make_unique<Metrics>(opened->trusts_);
  opened->verifier_ = std::make_shared<TokenVerifier>(std::move(verifying));
  return opened;
}

bool GuardTrust::HasKeys() const { return trusts_.front()->HasKeys(); }

bool GuardTrust::WaitForKeys(std::chrono::steady_clock::time_point deadline) const {
  return trusts_.front()->state().WaitForKeys(deadline);
}

}  // namespace tokenforge::internal
