// The configuration of the keys service: read and checked as a whole before anything opens.
#pragma once

#include <chrono>
#include <string>

#include "lib/breaker/settings.h"
#include "lib/redis/settings.h"
#include "lib/rpc/settings.h"
#include "services/keys/rotation.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::keys {

struct Config {
  rpc::ServerSettings server;

  redis::Settings redis;
  breaker::Settings circuit;

  std::string kek_file;   // key-encryption keys, see key_encryption.h
  std::string algorithm;  // of new keys: RS256, ES256 or EdDSA
  std::string issuer;     // the `iss` of access tokens
  std::chrono::milliseconds access_ttl{15 * 60 * 1000};
  std::chrono::milliseconds keys_poll{10'000};

  // The life of a key (rotation.h).
  std::chrono::milliseconds rotate_every;
  std::chrono::milliseconds publish_for;
  std::chrono::milliseconds acknowledge_within;
  std::chrono::milliseconds verifier_leeway;  // which guards and other verifiers grant
  std::chrono::milliseconds retire_for;       // 0: 2 × (access_ttl + verifier_leeway)
  std::chrono::milliseconds keep_revoked;
};

void Declare(config::Parser& parser, Config* config);

RotationSettings RotationOf(const Config& config);

}  // namespace tokenforge::keys
