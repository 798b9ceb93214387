// Where the key of a plain command stands, and whether sending it twice does harm: what a cluster's
// client must know of Redis' commands. Private to lib/redis. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace tokenforge::redis {

// The key that the command goes by; none when any server may answer it (PING, INFO, PUBLISH, …). Of
// a command that is not listed it is the first argument, as it is of nearly all.
std::optional<std::string_view> RoutingKeyOf(std::span<const std::string_view> arguments);

// Whether the command only reads. Only such a plain command is sent again when a connection was
// lost and it may have run; one that is not listed is not.
bool OnlyReads(std::string_view name);

}  // namespace tokenforge::redis
