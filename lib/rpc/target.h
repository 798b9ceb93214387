// TargetOf: the gRPC name of a service that may have several replicas, out of what operators write.
//
//   one gRPC name   "keys:7445", "dns:///keys.tokenforge.svc:7445", "unix:///run/keys.sock"
//   a list          "10.0.0.1:7445,10.0.0.2:7445", "[::1]:7445,[::1]:7545"
//
// A name is asked again whenever a connection ends, so replicas that come and go are found; every
// address that it has is used. A list is for machines without such a name. gRPC resolves one name a
// channel, so a list holds addresses, all IPv4 or all IPv6, and no names.
//
// Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tokenforge::rpc {

// INVALID_FIELD with what is wrong: empty, an empty entry, a list of names, IPv4 and IPv6 in one
// list, an address without a port.
absl::StatusOr<std::string> TargetOf(std::string_view addresses);

// What is wrong with a setting that holds such addresses, as "NAME must …"; empty when nothing is.
std::string TargetFault(std::string_view name, std::string_view addresses);

// How many addresses a list has; 1 for a name.
std::size_t AddressCount(std::string_view addresses);

}  // namespace tokenforge::rpc
