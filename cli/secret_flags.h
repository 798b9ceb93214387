// SecretFlags: where a command takes a secret from: a file, a descriptor, or the person at the
// terminal. Never an argument or a variable, which other processes can see.
//
// `--password-file=FILE` is for machines that have such files; `--password-fd=3` for scripts that
// have the secret in a variable: `tokenforge login ada@example.org --password-fd=3
// 3<<<"$password"`. Of a descriptor one line is taken and no more, so that two secrets may come by
// the same one.
//
// Blocks; used by one thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::cli {

// The next line of a descriptor, at most 16 KiB. kUsage: none, or it cannot be read.
absl::StatusOr<secret::Secret> LineOfDescriptor(int descriptor);

class SecretFlags {
 public:
  // --NAME-file and --NAME-fd; `what` it is, for help ("The password").
  void Declare(config::Parser& parser, const std::string& name, const std::string& what);

  // The secret. kUsage: what was named cannot be read, or there is nobody to ask.
  absl::StatusOr<secret::Secret> Take(const std::string& question) const;
  // The same, asked for twice if a person types it.
  absl::StatusOr<secret::Secret> TakeNew(const std::string& question) const;

  bool named() const { return !file_.empty() || descriptor_ >= 0; }

 private:
  absl::StatusOr<secret::Secret> Named() const;

  std::string file_;
  std::int64_t descriptor_ = -1;
};

}  // namespace tokenforge::cli
