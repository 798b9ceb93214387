// What can be set about second factors: a group of the users service's configuration.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/sealing/sealing_keys.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::users {

struct FactorSettings {
  std::string key_file;  // see sealing_keys.h; empty: no second factors in this installation
  std::string issuer = "TokenForge";
};

// Mistakes: a bad key file, line by line; an issuer that apps would not show.
void Declare(config::Parser& parser, FactorSettings* settings);

// Nothing when no file is set; says so in the log. Errors of SealingKeys::FromFile.
absl::StatusOr<std::optional<sealing::SealingKeys>> FactorKeysOf(const FactorSettings& settings);

}  // namespace tokenforge::users
