#include "services/sessions/refresh_keys.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/jose/base64url.h"
#include "lib/secret/file.h"
#include "services/sessions/refresh_token.h"

namespace tokenforge::sessions {
namespace {

// Base64 with padding, in its one spelling: the file is written by openssl.
std::optional<secret::Secret> FromBase64(std::string_view text) {
  if (!text.ends_with('=')) return std::nullopt;  // 32 bytes end in exactly one
  std::string urlsafe(text.substr(0, text.size() - 1));
  std::replace(urlsafe.begin(), urlsafe.end(), '+', '-');
  std::replace(urlsafe.begin(), urlsafe.end(), '/', '_');
  std::optional<std::string> bytes = jose::base64url::Decode(urlsafe);
  secret::Wipe(urlsafe);
  if (!bytes) return std::nullopt;
  return secret::Secret::Take(std::move(*bytes));
}

// What is wrong with a line, or nothing.
std::string AddKey(std::string_view line, std::vector<secret::Secret>& keys) {
  const size_t blank = line.find(' ');
  std::optional<secret::Secret> key;
  if (blank != 0 && blank != std::string_view::npos) key = FromBase64(line.substr(blank + 1));
  if (!key || key->size() != RefreshTokens::kKeySize) {
    return "a name, a blank and a key of 32 bytes in base64 are wanted (openssl rand -base64 32)";
  }
  if (std::any_of(keys.begin(), keys.end(),
                  [&](const auto& known) { return known.Equals(*key); })) {
    return "this key is there twice";
  }
  keys.push_back(std::move(*key));
  return {};
}

}  // namespace

absl::StatusOr<std::vector<secret::Secret>> ReadRefreshKeys(const std::string& path) {
  const absl::StatusOr<secret::Secret> file = secret::ReadFile(path);
  if (!file.ok()) {
    return errors::InvalidFields({{"refresh-key-file", std::string(file.status().message())}});
  }
  std::vector<errors::FieldFault> faults;
  std::vector<secret::Secret> keys;
  std::string_view rest = file->Expose();
  for (int number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (const std::string fault = AddKey(line, keys); !fault.empty()) {
      faults.push_back({path + " line " + std::to_string(number), fault});
    }
  }
  if (keys.empty() && faults.empty()) faults.push_back({path, "at least one key is needed"});
  if (!faults.empty()) return errors::InvalidFields(faults);
  return keys;
}

}  // namespace tokenforge::sessions
