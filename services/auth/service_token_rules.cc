#include "services/auth/service_token_rules.h"

#include <algorithm>

#include "lib/errors/errors.h"

namespace tokenforge::auth {
namespace {

constexpr std::size_t kMaxName = 256;

// Names have no '=' where it would be ambiguous: SPIFFE IDs never hold one.
template <class Entries>
void ParseInto(const std::string& setting, const std::vector<std::string>& texts,
               std::string_view trust_domain, Entries& entries,
               std::vector<errors::FieldFault>& faults) {
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string name = equals == std::string::npos ? "" : text.substr(equals + 1);
    auto peer = rpc::SpiffePattern::Parse(text.substr(0, equals), trust_domain);
    if (!peer.ok() || !IsTokenName(name, kMaxName)) {
      faults.push_back({setting, "has an entry that is not PEER=NAME: " + text});
    } else {
      entries.push_back({*std::move(peer), name});
    }
  }
}

}  // namespace

absl::StatusOr<ServiceTokenRules> ServiceTokenRules::Parse(
    const std::vector<std::string>& own_audiences, const std::vector<std::string>& scope_entries,
    const std::vector<std::string>& audience_entries, std::string_view trust_domain) {
  ServiceTokenRules rules;
  std::vector<errors::FieldFault> faults;
  rules.own_audiences_ = own_audiences;
  ParseInto("service-token-scopes", scope_entries, trust_domain, rules.scopes_, faults);
  ParseInto("service-token-audiences", audience_entries, trust_domain, rules.audiences_, faults);
  if (!faults.empty()) return errors::InvalidFields(faults);
  return rules;
}

bool ServiceTokenRules::AllowsScope(const rpc::SpiffeId& peer, std::string_view scope) const {
  return Allows(scopes_, peer, scope);
}

bool ServiceTokenRules::AllowsAudience(const rpc::SpiffeId& peer, std::string_view audience) const {
  return std::find(own_audiences_.begin(), own_audiences_.end(), audience) !=
             own_audiences_.end() ||
         Allows(audiences_, peer, audience);
}

bool ServiceTokenRules::Allows(const Entries& entries, const rpc::SpiffeId& peer,
                               std::string_view name) {
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
    return entry.name == name && entry.peer.Matches(peer);
  });
}

bool IsTokenName(std::string_view text, std::size_t limit) {
  return !text.empty() && text.size() <= limit &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\'; });
}

}  // namespace tokenforge::auth
