// The tour: the main job of the suite, done for real against a running suite and a guarded server,
// step by step.
//
//   register → login → call the guarded server with the token, and without → refresh → replay of
//   the old refresh token → logout → the old access token refused everywhere
//
// It registers one account under a fresh random address and leaves it there. Blocks; used by one
// thread.
#pragma once

#include <ostream>
#include <string>

#include "absl/status/status.h"

namespace tokenforge::cli {

struct TourOptions {
  std::string auth;              // host:port of the façade
  std::string auth_identity;     // its SPIFFE ID, or path in our trust domain
  std::string notes;             // host:port of the guarded server
  std::string notes_identity;    // its SPIFFE ID, or path
  std::string notes_method;      // an AUTHENTICATED unary method that takes an empty request
  std::string certs;             // folder with IDENTITY.crt, IDENTITY.key and ca.crt
  std::string identity = "app";  // which certificate is ours
};

// Prints each step to `out`. The error says which step did not come out as promised, and how.
absl::Status RunTour(const TourOptions& options, std::ostream& out);

}  // namespace tokenforge::cli
