#include "services/auth/trusted_proxies.h"

#include <algorithm>

#include "lib/errors/errors.h"

namespace tokenforge::auth {
namespace {

constexpr char kSetting[] = "trusted-proxies";

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80".
std::optional<IpAddress> ParseHop(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !(rest.front() == ':' && IsPort(rest.substr(1)))) return std::nullopt;
    const auto inside = text.substr(1, end - 1);
    if (inside.find(':') == std::string_view::npos) return std::nullopt;  // [192.0.2.1]
    return IpAddress::Parse(inside);
  }
  const std::size_t colon = text.find(':');
  const bool has_port = colon != std::string_view::npos && text.rfind(':') == colon;
  if (!has_port) return IpAddress::Parse(text);
  if (!IsPort(text.substr(colon + 1))) return std::nullopt;
  return IpAddress::Parse(text.substr(0, colon));
}

// Whether the first segment of the path is a wildcard.
bool NamesNobody(std::string_view pattern) {
  constexpr std::string_view kScheme = "spiffe://";
  if (pattern.starts_with(kScheme)) {
    pattern.remove_prefix(kScheme.size());
    pattern.remove_prefix(std::min(pattern.find('/'), pattern.size()));
  }
  return pattern.starts_with("/*");
}

std::string Complaint(const std::string& entry, std::string_view why) {
  return "has the entry «" + entry + "», which " + std::string(why);
}

}  // namespace

absl::StatusOr<TrustedProxies> TrustedProxies::Parse(const std::vector<std::string>& entries,
                                                     std::string_view own_trust_domain) {
  TrustedProxies proxies;
  std::vector<errors::FieldFault> faults;
  for (const std::string& entry : entries) {
    if (entry.starts_with('/') || entry.starts_with("spiffe:")) {
      auto identity = rpc::SpiffePattern::Parse(entry, own_trust_domain);
      if (!identity.ok()) {
        faults.push_back({kSetting, Complaint(entry, "is no SPIFFE ID and no path of one")});
      } else if (NamesNobody(entry)) {
        faults.push_back({kSetting, Complaint(entry,
                                              "trusts whoever has a certificate: name "
                                              "the gateways")});
      } else {
        proxies.identities_.push_back(*std::move(identity));
      }
      continue;
    }
    const auto range = IpRange::Parse(entry);
    if (!range.ok()) {
      faults.push_back(
          {kSetting, Complaint(entry, errors::FaultsOf(range.status())[0].description)});
    } else if (range->everything()) {
      faults.push_back({kSetting, Complaint(entry, "trusts every address: name the proxies")});
    } else {
      proxies.ranges_.push_back(*range);
    }
  }
  if (!faults.empty()) return errors::InvalidFields(faults);
  return proxies;
}

bool TrustedProxies::IsProxy(const IpAddress& address) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const IpRange& range) { return range.Contains(address); });
}

bool TrustedProxies::Trusts(const Peer& peer) const {
  if (peer.address && IsProxy(*peer.address)) return true;
  if (identities_.empty()) return false;
  const auto id = rpc::SpiffeId::Parse(peer.spiffe_id);
  return id.ok() && rpc::MatchesAny(identities_, *id);
}

std::optional<IpAddress> TrustedProxies::CallerBehind(
    const Peer& peer, const std::vector<std::string_view>& headers) const {
  // Of two values nobody can say which one the proxy wrote.
  if (headers.size() != 1 || headers[0].size() > kMaxHeaderBytes || !Trusts(peer)) {
    return peer.address;
  }
  std::string_view left = headers[0];
  for (int hops = 0; hops <= kMaxHops; ++hops) {
    const std::size_t comma = left.rfind(',');
    const bool last = comma == std::string_view::npos;
    const auto hop = ParseHop(Trimmed(last ? left : left.substr(comma + 1)));
    if (!hop) return peer.address;
    if (last || !IsProxy(*hop)) return hop;
    left = left.substr(0, comma);
  }
  return peer.address;
}

}  // namespace tokenforge::auth
