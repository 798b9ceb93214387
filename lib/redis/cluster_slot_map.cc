#include "lib/redis/cluster_slot_map.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "lib/errors/errors.h"

namespace tokenforge::redis {
namespace {

absl::Status Malformed() {
  return errors::Make(errors::reasons::INTERNAL_FAULT, "CLUSTER SLOTS answered what is no map");
}

std::optional<int> Number(const Reply& reply, int64_t least, int64_t most) {
  const auto value = reply.AsInteger();
  if (!value.ok() || *value < least || *value > most) return std::nullopt;
  return static_cast<int>(*value);
}

// {host, port, ID, …}; what follows the port is of no concern here.
std::optional<ServerAddress> AddressIn(const Reply& node, const ServerAddress& asked) {
  const auto fields = node.AsArray();
  if (!fields.ok() || fields->size() < 2) return std::nullopt;
  std::string_view said;
  if (!(*fields)[0].IsNil()) {
    const auto host = (*fields)[0].AsBytes();
    if (!host.ok()) return std::nullopt;
    said = *host;
  }
  const std::optional<int> port = Number((*fields)[1], 1, 65535);
  ServerAddress address{"", HostOf(said, asked), port.value_or(0)};
  if (!port || address.host.empty()) return std::nullopt;
  return address;
}

}  // namespace

std::string HostOf(std::string_view said, const ServerAddress& asked) {
  if (said.empty() || said == "?") return asked.host;
  constexpr size_t kLongest = 253;  // of a name
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '%';
  };
  if (said.size() > kLongest || !std::all_of(said.begin(), said.end(), fits)) return {};
  return std::string(said);
}

int SlotMap::IndexOf(ServerAddress primary) {
  const auto found = std::find(primaries_.begin(), primaries_.end(), primary);
  if (found != primaries_.end()) return static_cast<int>(found - primaries_.begin());
  primaries_.push_back(std::move(primary));
  return static_cast<int>(primaries_.size()) - 1;
}

bool SlotMap::Add(const Reply& range, const ServerAddress& asked) {
  const auto fields = range.AsArray();
  if (!fields.ok() || fields->size() < 3) return false;
  const std::optional<int> first = Number((*fields)[0], 0, kSlots - 1);
  if (!first) return false;
  const std::optional<int> last = Number((*fields)[1], *first, kSlots - 1);
  if (!last) return false;
  std::optional<ServerAddress> primary = AddressIn((*fields)[2], asked);
  if (!primary) return false;
  const int index = IndexOf(*std::move(primary));
  if (primaries_.size() > kMostPrimaries) return false;
  for (int slot = *first; slot <= *last; ++slot) {
    std::int16_t& owner = owners_[static_cast<size_t>(slot)];
    if (owner != -1) return false;
    owner = static_cast<std::int16_t>(index);
  }
  covered_ += *last - *first + 1;
  return true;
}

absl::StatusOr<SlotMap> SlotMap::Read(const Reply& reply, const ServerAddress& asked) {
  const auto ranges = reply.AsArray();
  if (!ranges.ok() || ranges->empty() || ranges->size() > kSlots) return Malformed();
  SlotMap map;
  for (const Reply& range : *ranges) {
    if (!map.Add(range, asked)) return Malformed();
  }
  return map;
}

}  // namespace tokenforge::redis
