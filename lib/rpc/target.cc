#include "lib/rpc/target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "lib/errors/errors.h"

namespace tokenforge::rpc {
namespace {

enum class Family { kNone, kIpv4, kIpv6 };

std::string_view Trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> Parts(std::string_view addresses) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t comma = addresses.find(',');
    parts.push_back(Trimmed(addresses.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    addresses.remove_prefix(comma + 1);
  }
}

bool IsPort(std::string_view text) {
  int port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  return fault == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// Of "10.0.0.1:7445" and "[::1]:7445"; kNone for everything else.
Family FamilyOf(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || !IsPort(address.substr(colon + 1))) return Family::kNone;
  std::string host(address.substr(0, colon));
  unsigned char bytes[sizeof(in6_addr)];
  if (inet_pton(AF_INET, host.c_str(), bytes) == 1) return Family::kIpv4;
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return Family::kNone;
  host = host.substr(1, host.size() - 2);
  return inet_pton(AF_INET6, host.c_str(), bytes) == 1 ? Family::kIpv6 : Family::kNone;
}

std::string FaultOf(const std::vector<std::string_view>& parts) {
  if (std::count(parts.begin(), parts.end(), std::string_view()) > 0) {
    return "must be a gRPC name or addresses, none of them empty";
  }
  if (parts.size() == 1) return {};
  const Family family = FamilyOf(parts.front());
  const bool alike = std::all_of(parts.begin(), parts.end(),
                                 [&](std::string_view part) { return FamilyOf(part) == family; });
  if (family != Family::kNone && alike) return {};
  return "must list addresses with ports, all IPv4 or all IPv6, such as "
         "10.0.0.1:7445,10.0.0.2:7445; replicas with names go behind one DNS name";
}

}  // namespace

absl::StatusOr<std::string> TargetOf(std::string_view addresses) {
  const std::vector<std::string_view> parts = Parts(addresses);
  if (const std::string fault = FaultOf(parts); !fault.empty()) {
    return errors::InvalidFields({{"address", fault}});
  }
  if (parts.size() == 1) return std::string(parts.front());
  std::string target;
  for (const std::string_view part : parts) {
    target += !target.empty() ? "," : FamilyOf(part) == Family::kIpv4 ? "ipv4:" : "ipv6:";
    target += part;
  }
  return target;
}

std::string TargetFault(std::string_view name, std::string_view addresses) {
  const std::string fault = FaultOf(Parts(addresses));
  return fault.empty() ? "" : std::string(name) + " " + fault;
}

std::size_t AddressCount(std::string_view addresses) { return Parts(addresses).size(); }

}  // namespace tokenforge::rpc
