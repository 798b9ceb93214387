#include "services/keys/config.h"

#include <string_view>
#include <vector>

#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "services/keys/key_encryption.h"

namespace tokenforge::keys {
namespace {

using std::chrono::milliseconds;

constexpr int kMostRetired = 48;  // leaves room for revoked keys and for rotations by hand

// RFC 8414 section 2: a URL without query or fragment. Verifiers compare it byte by byte.
bool IsIssuer(std::string_view text) {
  const bool http = text.starts_with("http://") && text.size() > 7;
  const bool https = text.starts_with("https://") && text.size() > 8;
  return (http || https) && text.find_first_of("?# \t\r\n\"\\") == std::string_view::npos;
}

// Combinations with which tokens would be refused that should not be, or keys would pile up.
void CheckLife(const Config& config, std::vector<std::string>& mistakes) {
  const auto text = config::FormatDuration;
  const RotationSettings life = RotationOf(config);
  // Another replica signs with a key for a poll (and a hung look at the store) after it retired.
  const milliseconds needed = config.access_ttl + config.verifier_leeway + config.keys_poll;
  if (life.retire_for < needed) {
    mistakes.push_back("retire-for is " + text(life.retire_for) +
                       ", but tokens need their key for " + text(needed) +
                       " (access-ttl + verifier-leeway + keys-poll)");
  }
  if (life.publish_for <= config.keys_poll) {
    mistakes.push_back("publish-for must be longer than keys-poll (" + text(config.keys_poll) +
                       "): a key must not sign before every replica publishes it");
  }
  if (life.rotate_every < life.publish_for) {
    mistakes.push_back("rotate-every must not be shorter than publish-for (" +
                       text(life.publish_for) + ")");
  }
  if (life.acknowledge_within < life.publish_for) {
    mistakes.push_back("acknowledge-within must not be shorter than publish-for (" +
                       text(life.publish_for) + ")");
  }
  if (life.rotate_every.count() > 0 && life.retire_for / life.rotate_every > kMostRetired) {
    mistakes.push_back("retire-for (" + text(life.retire_for) + ") must be at most " +
                       std::to_string(kMostRetired) +
                       " times rotate-every: verifiers take no more keys");
  }
}

std::vector<std::string> Mistakes(const Config& config) {
  std::vector<std::string> mistakes = redis::MistakesIn(config.redis);
  CheckLife(config, mistakes);
  if (!IsIssuer(config.issuer)) {
    mistakes.emplace_back("issuer must be an http:// or https:// URL without query or fragment");
  }
  if (config.access_ttl.count() % 1000 != 0) {
    mistakes.emplace_back("access-ttl must be whole seconds");
  }
  const absl::Status keks = KeyEncryption::FromFile(config.kek_file).status();
  const auto faults = errors::FaultsOf(keks);
  for (const auto& fault : faults) mistakes.push_back(fault.field + " " + fault.description);
  if (!keks.ok() && faults.empty()) mistakes.emplace_back(keks.message());
  return mistakes;
}

void DeclareLife(config::Parser& parser, Config* config) {
  parser.Group("Life of a key");
  parser.Duration("rotate-every", &config->rotate_every, std::chrono::days(7),
                  "how long a key signs before the next one does", milliseconds(1000),
                  std::chrono::days(366));
  parser.Duration("publish-for", &config->publish_for, std::chrono::minutes(10),
                  "how long a key is published before it signs; longer than caches of the JWKS "
                  "live (5 min)",
                  milliseconds(100), std::chrono::days(1));
  parser.Duration("acknowledge-within", &config->acknowledge_within, std::chrono::hours(1),
                  "after that a key signs although connected guards have not acknowledged it",
                  milliseconds(100), std::chrono::days(7));
  parser.Duration("verifier-leeway", &config->verifier_leeway, std::chrono::seconds(30),
                  "how long verifiers accept a token after it expired", milliseconds(0),
                  std::chrono::minutes(5));
  parser.Duration("retire-for", &config->retire_for, milliseconds(0),
                  "how long a key verifies after it signed; 0: 2 x (access-ttl + verifier-leeway)",
                  milliseconds(0), std::chrono::days(366));
  parser.Duration("keep-revoked", &config->keep_revoked, std::chrono::days(7),
                  "how long a revoked key is listed", milliseconds(0), std::chrono::days(366));
}

}  // namespace

void Declare(config::Parser& parser, Config* config) {
  rpc::Declare(parser, &config->server, "127.0.0.1:7445", "127.0.0.1:9445");

  parser.Group("Key store");
  redis::Declare(parser, &config->redis);
  parser.Duration("keys-poll", &config->keys_poll, milliseconds(10'000),
                  "how often to look for a key set that another replica stored", milliseconds(100),
                  std::chrono::minutes(5));

  breaker::Declare(parser, &config->circuit);

  parser.Group("Keys and tokens");
  parser
      .FileThatExists("kek-file", &config->kek_file, "",
                      "key-encryption keys, lines `id:base64-of-32-bytes`; the first encrypts, all "
                      "decrypt")
      .Required();
  parser.Choice("algorithm", &config->algorithm, {"RS256", "ES256", "EdDSA"}, "RS256",
                "of keys; a change takes effect at the next rotation");
  parser.String("issuer", &config->issuer, "http://127.0.0.1:7080",
                "the `iss` of access tokens: the URL of the discovery document");
  parser.Duration("access-ttl", &config->access_ttl, milliseconds(15 * 60 * 1000),
                  "the longest life of an access token", milliseconds(1000),
                  std::chrono::hours(24));
  DeclareLife(parser, config);
  parser.Check([config] { return Mistakes(*config); });
}

RotationSettings RotationOf(const Config& config) {
  RotationSettings settings;
  settings.algorithm = jose::AlgorithmOf(config.algorithm).value_or(jose::Algorithm::kRs256);
  settings.rotate_every = config.rotate_every;
  settings.publish_for = config.publish_for;
  settings.acknowledge_within = config.acknowledge_within;
  settings.retire_for = config.retire_for.count() > 0
                            ? config.retire_for
                            : 2 * (config.access_ttl + config.verifier_leeway);
  settings.keep_revoked = config.keep_revoked;
  return settings;
}

}  // namespace tokenforge::keys
