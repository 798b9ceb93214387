#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/escaping.h"
#include "services/auth/status/access.h"
#include "tests/fuzz/status/targets.h"

namespace tokenforge::fuzz {
namespace {

auth::status::Access AccessOfToken() {
  std::string path = "/tmp/tokenforge-fuzz-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0 || write(file, kStatusToken, sizeof kStatusToken - 1) < 0) std::abort();
  close(file);
  auto access = auth::status::Access::FromFile(path);
  unlink(path.c_str());
  return std::move(access).value();
}

}  // namespace

bool CheckProof(std::string_view bytes) {
  static const auth::status::Access access = AccessOfToken();
  if (!access.Admits(bytes)) return false;
  std::string pair;
  const absl::string_view given(bytes.data(), bytes.size());
  if (!absl::Base64Unescape(given.substr(6), &pair)) std::abort();
  if (pair.substr(pair.find(':') + 1) != kStatusToken) std::abort();
  return true;
}

}  // namespace tokenforge::fuzz
