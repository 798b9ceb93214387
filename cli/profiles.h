// Profiles: which suite, and as whom, by one word instead of five flags.
//
// A file of sections, by default ~/.config/tokenforge/config ($XDG_CONFIG_HOME is respected):
//
//   [default]
//   auth = 127.0.0.1:7443
//   certs = /etc/tokenforge/tls
//   identity = ada
//   [staging]
//   auth = auth.staging.example.org:7443
//
// A profile's lines are the defaults of settings with these names, so flags and TOKENFORGE_…
// variables come first. Known names are those in kProfileSettings; a line begins with # for a
// comment. No file is an empty profile "default"; a profile that was asked for must be there.
//
// Reads one file; else pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/config/config.h"

namespace tokenforge::cli {

inline constexpr const char* kProfileSettings[] = {
    "auth", "auth-identity", "certs", "identity", "token-file", "audience", "issuer", "operators"};

struct ProfileLine {
  std::string name, value;
  std::string where;  // "config:3"
};

struct Profile {
  std::string name;
  std::string folder;  // of profiles and tokens; empty when there is no home
  std::string file;    // may not exist
  std::vector<ProfileLine> lines;
};

// `flags` are the words of the command line, not yet checked: --profile and --profiles-file are
// looked for there, then in the environment. An error (kUsage) names every mistake of the file.
absl::StatusOr<Profile> ReadProfile(const std::vector<std::string>& flags,
                                    const config::Environment& environment);

}  // namespace tokenforge::cli
