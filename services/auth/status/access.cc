#include "services/auth/status/access.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "lib/errors/errors.h"
#include "lib/secret/file.h"

namespace tokenforge::auth::status {
namespace {

constexpr std::size_t kMostHeader = 1024;
constexpr absl::string_view kScheme = "Basic ";

bool IsToken(std::string_view text) {
  return text.size() >= Access::kLeast && text.size() <= Access::kMost &&
         std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

absl::StatusOr<Access> Access::FromFile(const std::string& path) {
  absl::StatusOr<secret::Secret> token = secret::ReadLine(path);
  if (!token.ok()) return token.status();
  if (!IsToken(token->Expose())) {
    return errors::Make(errors::reasons::INVALID_FIELD,
                        "status-token-file must hold one line of 32 to 256 characters of printable "
                        "ASCII without blanks: " +
                            path);
  }
  return Access(*std::move(token));
}

bool Access::Admits(std::string_view authorization) const {
  const absl::string_view given(authorization.data(), authorization.size());
  if (given.size() > kMostHeader || !absl::StartsWithIgnoreCase(given, kScheme)) return false;
  std::string pair;
  if (!absl::Base64Unescape(given.substr(kScheme.size()), &pair)) return false;
  const std::size_t colon = pair.find(':');
  const bool right =
      colon != std::string::npos && token_.Equals(std::string_view(pair).substr(colon + 1));
  secret::Wipe(pair);
  return right;
}

}  // namespace tokenforge::auth::status
