#include "services/users/recovery_code.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"
#include "lib/secret/random.h"
#include "services/users/totp.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kBytes = 10;
constexpr std::size_t kCharacters = 16;
constexpr std::size_t kGroup = 4;

bool IsBase32(char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); }

secret::Secret Grouped(const secret::Secret& text) {
  std::string grouped;
  grouped.reserve(2 * kCharacters);
  for (const char c : text.Expose()) {
    if (grouped.size() % (kGroup + 1) == kGroup) grouped += '-';
    grouped += c;
  }
  return secret::Secret::Take(std::move(grouped));
}

}  // namespace

std::vector<secret::Secret> NewRecoveryCodes() {
  std::vector<secret::Secret> codes;
  for (std::size_t i = 0; i < kRecoveryCodes; ++i) {
    codes.push_back(Grouped(Base32(secret::RandomSecret(kBytes))));
  }
  return codes;
}

std::optional<std::string> RecoveryCodeHash(std::string_view user_id, std::string_view code) {
  std::string hashed = "tokenforge recovery code\n" + std::string(user_id) + "\n";
  const std::size_t begin = hashed.size();
  hashed.reserve(begin + kCharacters);
  bool good = true;
  for (char c : code) {
    if (c == '-' || c == ' ') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    good = good && IsBase32(c) && hashed.size() < begin + kCharacters;
    if (!good) break;
    hashed += c;
  }
  good = good && hashed.size() == begin + kCharacters;
  const secret::Digest digest = secret::Sha256(hashed);
  secret::Wipe(hashed);
  if (!good) return std::nullopt;
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

bool UseRecoveryCode(std::vector<std::string>& hashes, const std::string& hash) {
  auto found = hashes.end();
  for (auto at = hashes.begin(); at != hashes.end(); ++at) {
    if (secret::ConstantTimeEquals(*at, hash)) found = at;
  }
  if (found == hashes.end()) return false;
  hashes.erase(found);
  return true;
}

}  // namespace tokenforge::users
