// A key set as one line of JSON; only for key_set_codec.cc. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/keys/key_record.h"

namespace tokenforge::keys {

std::string WriteJson(const KeySetRecord& set);
// Nothing when a member is missing, of another type, or names what this version does not know.
std::optional<KeySetRecord> ReadJson(std::string_view json);

}  // namespace tokenforge::keys
