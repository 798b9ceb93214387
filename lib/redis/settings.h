// Which Redis a service uses, and who it is there: the settings that services on Redis share.
//
// A plain struct, filled by config::Parser before anything opens, and read-only afterwards. Secrets
// come from files, never from the address.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/redis/client.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::redis {

struct Settings {
  std::string url = {};                     // --redis-url, see endpoint.h
  std::string username = {};                // --redis-username; empty: the default user
  std::string password_file = {};           // --redis-password-file; empty: no password
  std::string sentinel_username = {};       // --redis-sentinel-username
  std::string sentinel_password_file = {};  // --redis-sentinel-password-file
  bool allow_eviction = false;              // --redis-allow-eviction
};

// Declares them, in the group that the parser is at.
void Declare(config::Parser& parser, Settings* settings);

// What is wrong with them, a line each; for config::Parser::Check.
std::vector<std::string> MistakesIn(const Settings& settings);

// With the passwords read from their files. INVALID_FIELD naming the setting: its file will not do.
absl::StatusOr<Options> OptionsOf(const Settings& settings);

}  // namespace tokenforge::redis
