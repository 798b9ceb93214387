#include "services/users/password_hash.h"

#include <crypt.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "lib/errors/errors.h"
#include "services/users/password_policy.h"

namespace tokenforge::users {
namespace {

constexpr const char* kBcryptPrefix = "$2b$";
constexpr std::size_t kBcryptTextSize = 60;

// libxcrypt's working memory (32 KiB): it holds the password and its key schedule while it works.
struct WipedDelete {
  void operator()(crypt_data* data) const {
    explicit_bzero(data, sizeof(*data));
    delete data;
  }
};
using WorkingMemory = std::unique_ptr<crypt_data, WipedDelete>;

// "$2b$12$" and a fresh salt. libxcrypt takes the randomness from the kernel.
std::string NewSetting(int cost) {
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn(kBcryptPrefix, static_cast<unsigned long>(cost), nullptr, 0, setting,
                       sizeof(setting)) == nullptr) {
    return {};
  }
  return setting;
}

int CheckedCost(int cost) {
  if (cost < PasswordHasher::kMinCost || cost > PasswordHasher::kMaxCost) {
    std::fprintf(stderr, "bcrypt cost %d is outside %d to %d\n", cost, PasswordHasher::kMinCost,
                 PasswordHasher::kMaxCost);
    std::abort();
  }
  return cost;
}

// A hash of no password: a real setting, so that comparing with it costs what any comparison costs,
// and a tail that no password is known to give.
std::string NewDecoy(int cost) {
  std::string setting = NewSetting(cost);
  setting.resize(kBcryptTextSize, 'u');
  return setting;
}

bool IsBcrypt(std::string_view stored) {
  return stored.size() == kBcryptTextSize && stored.starts_with(kBcryptPrefix);
}

// The whole text of the hash; empty when libxcrypt does not understand the setting. `password` is
// hashable.
secret::Secret Bcrypt(std::string_view password, const std::string& setting) {
  char phrase[kMaxPasswordBytes + 1] = {};
  std::memcpy(phrase, password.data(), password.size());
  const WorkingMemory memory(new crypt_data());
  const char* hash = crypt_rn(phrase, setting.c_str(), memory.get(), sizeof(crypt_data));
  explicit_bzero(phrase, sizeof(phrase));
  return secret::Secret(hash != nullptr ? std::string_view(hash) : std::string_view());
}

}  // namespace

PasswordHasher::PasswordHasher(int cost) : cost_(CheckedCost(cost)), decoy_(NewDecoy(cost)) {}

absl::StatusOr<secret::Secret> PasswordHasher::Hash(const secret::Secret& password) const {
  if (!IsHashable(password.Expose())) {
    return errors::InvalidFields({{"password", "must be 1 to 72 bytes without a NUL character"}});
  }
  secret::Secret hash = Bcrypt(password.Expose(), NewSetting(cost_));
  if (!IsBcrypt(hash.Expose())) {
    return errors::Make(errors::reasons::INTERNAL_FAULT, "The password could not be hashed.");
  }
  return hash;
}

absl::StatusOr<bool> PasswordHasher::Matches(const secret::Secret& password,
                                             const secret::Secret* stored) const {
  const bool hashable = IsHashable(password.Expose());
  const bool known = stored != nullptr && IsBcrypt(stored->Expose());
  std::string setting = known ? std::string(stored->Expose()) : decoy_;
  // Whatever the case, exactly one hash is computed (the attack: timing tells which emails exist).
  const secret::Secret hash = Bcrypt(hashable ? password.Expose() : "decoy", setting);
  const bool equal = hash.Equals(setting);
  secret::Wipe(setting);
  if ((stored != nullptr && !known) || hash.empty()) {
    return errors::Make(
        errors::reasons::INTERNAL_FAULT,
        "The account's password hash is of a kind that this version does not know.");
  }
  return equal && hashable && known;
}

}  // namespace tokenforge::users
