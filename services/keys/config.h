// The configuration of the keys service: read and checked as a whole before anything opens.
#pragma once

#include <chrono>
#include <string>

#include "lib/rpc/settings.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::keys {

struct Config {
  rpc::ServerSettings server;

  std::string redis_url;
  std::string redis_username;
  std::string redis_password_file;  // empty: no password
  bool redis_allow_eviction = false;

  std::string kek_file;   // key-encryption keys, see key_encryption.h
  std::string algorithm;  // of new keys: RS256, ES256 or EdDSA
  std::string issuer;     // the `iss` of access tokens
  std::chrono::milliseconds access_ttl{15 * 60 * 1000};
  std::chrono::milliseconds keys_poll{10'000};
};

void Declare(config::Parser& parser, Config* config);

}  // namespace tokenforge::keys
