#include "services/users/hash_policy.h"

#include <crypt.h>
#include <sodium.h>

#include <cstdio>
#include <cstdlib>

#include "lib/secret/random.h"
#include "services/users/password_policy.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kBcryptResultCharacters = 31;
constexpr std::size_t kArgon2SaltBytes = 16;
constexpr std::size_t kArgon2ResultBytes = 32;
constexpr unsigned kArgon2Version = 0x13;

// "$2b$12$" and a fresh salt. libxcrypt takes the randomness from the kernel, and cannot fail with
// a cost within the bounds.
std::string NewBcryptSetting(int cost) {
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), nullptr, 0, setting,
                       sizeof(setting)) == nullptr) {
    std::fprintf(stderr, "libxcrypt makes no bcrypt salt\n");
    std::abort();
  }
  return setting;
}

void AppendBase64(std::string& text, std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  const std::size_t room = sodium_base64_ENCODED_LEN(bytes.size(), kVariant);
  const std::size_t before = text.size();
  text.resize(before + room);
  sodium_bin2base64(text.data() + before, room,
                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), kVariant);
  text.pop_back();  // the NUL
}

}  // namespace

HashPolicy HashPolicy::Bcrypt(int cost) {
  if (cost < kMinBcryptCost || cost > kMaxBcryptCost) {
    std::fprintf(stderr, "bcrypt cost %d is outside %d to %d\n", cost, kMinBcryptCost,
                 kMaxBcryptCost);
    std::abort();
  }
  return HashPolicy(cost);
}

HashPolicy HashPolicy::Argon2id() { return HashPolicy(Argon2Profile{19456, 2}); }

HashPolicy HashPolicy::Argon2id46() { return HashPolicy(Argon2Profile{47104, 1}); }

std::optional<HashPolicy> HashPolicy::Named(std::string_view name, int bcrypt_cost) {
  if (name == "bcrypt") return Bcrypt(bcrypt_cost);
  if (name == "argon2id") return Argon2id();
  if (name == "argon2id-46") return Argon2id46();
  return std::nullopt;
}

std::string HashPolicy::Description() const {
  if (bcrypt_cost_ > 0) return "bcrypt, cost " + std::to_string(bcrypt_cost_);
  return "Argon2id, " + std::to_string(argon2_.memory_kib >> 10) + " MiB, " +
         std::to_string(argon2_.passes) + (argon2_.passes == 1 ? " pass" : " passes");
}

std::uint64_t HashPolicy::MemoryBytes() const { return std::uint64_t{argon2_.memory_kib} << 10; }

std::size_t HashPolicy::MaxPasswordBytes() const {
  return bcrypt_cost_ > 0 ? kMaxBcryptPasswordBytes : kMaxPasswordBytes;
}

StoredHash::Form HashPolicy::NewForm() const {
  if (bcrypt_cost_ > 0) {
    return BcryptHash{.cost = static_cast<unsigned>(bcrypt_cost_),
                      .setting = NewBcryptSetting(bcrypt_cost_),
                      .result = secret::Secret(std::string(kBcryptResultCharacters, '\0'))};
  }
  return Argon2Hash{.variety = Argon2Hash::Variety::kId,
                    .version = kArgon2Version,
                    .memory_kib = argon2_.memory_kib,
                    .passes = argon2_.passes,
                    .lanes = 1,
                    .salt = secret::RandomBytes(kArgon2SaltBytes),
                    .result = secret::Secret(std::string(kArgon2ResultBytes, '\0'))};
}

secret::Secret HashPolicy::TextOf(const StoredHash::Form& form,
                                  const secret::Secret& result) const {
  std::string text;
  text.reserve(128);
  if (const auto* bcrypt = std::get_if<BcryptHash>(&form)) {
    text.append(bcrypt->setting).append(result.Expose());
  } else if (const auto* argon2 = std::get_if<Argon2Hash>(&form)) {
    text.append("$argon2id$v=19$m=").append(std::to_string(argon2->memory_kib));
    text.append(",t=").append(std::to_string(argon2->passes)).append(",p=1$");
    AppendBase64(text, argon2->salt);
    text.push_back('$');
    AppendBase64(text, result.Expose());
  }
  return secret::Secret::Take(std::move(text));
}

bool HashPolicy::Satisfies(const StoredHash& stored) const {
  if (bcrypt_cost_ > 0) {
    const auto* bcrypt = std::get_if<BcryptHash>(&stored.form());
    return bcrypt != nullptr && bcrypt->cost >= static_cast<unsigned>(bcrypt_cost_);
  }
  const auto* argon2 = std::get_if<Argon2Hash>(&stored.form());
  return argon2 != nullptr && argon2->variety == Argon2Hash::Variety::kId &&
         argon2->version == kArgon2Version && argon2->memory_kib >= argon2_.memory_kib &&
         argon2->passes >= argon2_.passes && argon2->salt.size() >= kArgon2SaltBytes &&
         argon2->result.size() >= kArgon2ResultBytes;
}

}  // namespace tokenforge::users
