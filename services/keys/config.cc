#include "services/keys/config.h"

#include <string_view>
#include <vector>

#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "lib/redis/client.h"
#include "services/keys/key_encryption.h"

namespace tokenforge::keys {
namespace {

using std::chrono::milliseconds;

// RFC 8414 section 2: a URL without query or fragment. Verifiers compare it byte by byte.
bool IsIssuer(std::string_view text) {
  const bool http = text.starts_with("http://") && text.size() > 7;
  const bool https = text.starts_with("https://") && text.size() > 8;
  return (http || https) && text.find_first_of("?# \t\r\n\"\\") == std::string_view::npos;
}

std::vector<std::string> Mistakes(const Config& config) {
  std::vector<std::string> mistakes;
  if (const auto endpoint = redis::ParseEndpoint(config.redis_url); !endpoint.ok()) {
    mistakes.push_back("redis-url " + std::string(endpoint.status().message()));
  }
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

}  // namespace

void Declare(config::Parser& parser, Config* config) {
  rpc::Declare(parser, &config->server, "127.0.0.1:7445", "127.0.0.1:9445");

  parser.Group("Key store");
  parser.String("redis-url", &config->redis_url, "redis://127.0.0.1:6379",
                "where Redis is: redis://host:port/db or unix:///path");
  parser.String("redis-username", &config->redis_username, "", "ACL user; empty is the default");
  parser.FileThatExists("redis-password-file", &config->redis_password_file, "",
                        "file with the password; empty is none");
  parser.Bool("redis-allow-eviction", &config->redis_allow_eviction, false,
              "start although Redis may evict keys");
  parser.Duration("keys-poll", &config->keys_poll, milliseconds(10'000),
                  "how often to look for a key set that another replica stored", milliseconds(100),
                  std::chrono::minutes(5));

  parser.Group("Keys and tokens");
  parser
      .FileThatExists("kek-file", &config->kek_file, "",
                      "key-encryption keys, lines `id:base64-of-32-bytes`; the first encrypts, all "
                      "decrypt")
      .Required();
  parser.Choice("algorithm", &config->algorithm, {"RS256", "ES256", "EdDSA"}, "RS256",
                "of keys made from now on");
  parser.String("issuer", &config->issuer, "http://127.0.0.1:7080",
                "the `iss` of access tokens: the URL of the discovery document");
  parser.Duration("access-ttl", &config->access_ttl, milliseconds(15 * 60 * 1000),
                  "the longest life of an access token", milliseconds(1000),
                  std::chrono::hours(24));
  parser.Check([config] { return Mistakes(*config); });
}

}  // namespace tokenforge::keys
