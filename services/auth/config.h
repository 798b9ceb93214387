// The façade's configuration: everything that can be set, read and checked as a whole before
// anything opens.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/breaker/settings.h"
#include "lib/rpc/settings.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::auth {

struct Config {
  rpc::ServerSettings server;

  // The well-known documents over HTTP; with TLS when both files are given.
  std::string http_listen;
  std::string http_tls_cert_file;
  std::string http_tls_key_file;
  std::int64_t http_threads = 8;

  std::string status_token_file;  // status/access.h; empty: no status page

  std::string issuer;                  // the `iss` of access tokens
  std::vector<std::string> audiences;  // their `aud`

  std::string registration;  // "open" or "private"

  std::int64_t max_passwords = 64;  // hash_gate.h

  // What services may have in tokens of their own: "PEER=SCOPE" and "PEER=AUDIENCE".
  std::vector<std::string> service_token_scopes;
  std::vector<std::string> service_token_audiences;

  // The services behind, each with the SPIFFE ID that it must prove.
  std::string users_address, users_identity;
  std::string keys_address, keys_identity;
  std::string sessions_address, sessions_identity;

  std::vector<std::string> trusted_proxies;  // trusted_proxies.h

  breaker::Settings circuit;  // of each service behind

  std::chrono::milliseconds revoked_key_life{31 * 60 * 1000};
};

void Declare(config::Parser& parser, Config* config);

}  // namespace tokenforge::auth
