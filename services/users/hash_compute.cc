#include "services/users/hash_compute.h"

#include <argon2.h>
#include <crypt.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <cstring>
#include <memory>

#include "lib/errors/errors.h"
#include "services/users/password_policy.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kBcryptTextBytes = 60;

absl::Status Refused() {
  return errors::Make(errors::reasons::INTERNAL_FAULT, "The password could not be hashed.");
}

unsigned char* Raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* Raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

absl::StatusOr<secret::Secret> Done(bool good, std::string&& result) {
  secret::Secret computed = secret::Secret::Take(std::move(result));
  if (!good) return Refused();
  return computed;
}

// libxcrypt's working memory (32 KiB): it holds the password and its key schedule while it works.
struct WipedDelete {
  void operator()(crypt_data* data) const {
    explicit_bzero(data, sizeof(*data));
    delete data;
  }
};

absl::StatusOr<secret::Secret> Compute(const BcryptHash& form, std::string_view password) {
  char phrase[kMaxBcryptPasswordBytes + 1] = {};
  std::memcpy(phrase, password.data(), password.size());
  const std::unique_ptr<crypt_data, WipedDelete> memory(new crypt_data());
  const char* hash =
      crypt_rn(phrase, form.setting.c_str(), memory.get(), static_cast<int>(sizeof(crypt_data)));
  explicit_bzero(phrase, sizeof(phrase));
  if (hash == nullptr || std::strlen(hash) != kBcryptTextBytes) return Refused();
  return secret::Secret(std::string_view(hash).substr(form.setting.size()));
}

bool SodiumCan(const Argon2Hash& form) {
  return form.lanes == 1 && form.version == 0x13 && form.salt.size() == crypto_pwhash_SALTBYTES &&
         form.result.size() >= crypto_pwhash_BYTES_MIN &&
         (form.variety == Argon2Hash::Variety::kId ||
          form.passes >= crypto_pwhash_argon2i_OPSLIMIT_MIN);
}

bool WithSodium(const Argon2Hash& form, std::string_view password, std::string& result) {
  const int algorithm = form.variety == Argon2Hash::Variety::kId ? crypto_pwhash_ALG_ARGON2ID13
                                                                 : crypto_pwhash_ALG_ARGON2I13;
  return crypto_pwhash(Raw(result), result.size(), password.data(), password.size(), Raw(form.salt),
                       form.passes, std::size_t{form.memory_kib} << 10, algorithm) == 0;
}

bool WithArgon2(const Argon2Hash& form, std::string_view password, std::string& result) {
  // The library takes pointers to what it does not change.
  argon2_context context = {};
  context.out = Raw(result);
  context.outlen = static_cast<std::uint32_t>(result.size());
  context.pwd = const_cast<std::uint8_t*>(Raw(password));
  context.pwdlen = static_cast<std::uint32_t>(password.size());
  context.salt = const_cast<std::uint8_t*>(Raw(std::string_view(form.salt)));
  context.saltlen = static_cast<std::uint32_t>(form.salt.size());
  context.t_cost = form.passes;
  context.m_cost = form.memory_kib;
  context.lanes = form.lanes;
  context.threads = 1;
  context.version = form.version;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const argon2_type type = form.variety == Argon2Hash::Variety::kId ? Argon2_id : Argon2_i;
  return argon2_ctx(&context, type) == ARGON2_OK;
}

absl::StatusOr<secret::Secret> Compute(const Argon2Hash& form, std::string_view password) {
  std::string result(form.result.size(), '\0');
  const bool good =
      SodiumCan(form) ? WithSodium(form, password, result) : WithArgon2(form, password, result);
  return Done(good, std::move(result));
}

absl::StatusOr<secret::Secret> Compute(const ScryptHash& form, std::string_view password) {
  std::string result(form.result.size(), '\0');
  // OpenSSL's own limit (32 MiB) is below what scrypt is advised with; ours was checked by Parse.
  const bool good =
      EVP_PBE_scrypt(password.data(), password.size(), Raw(std::string_view(form.salt)),
                     form.salt.size(), std::uint64_t{1} << form.log_n, form.r, form.p,
                     2 * HashLimits::kMemoryBytes, Raw(result), result.size()) == 1;
  return Done(good, std::move(result));
}

absl::StatusOr<secret::Secret> Compute(const Pbkdf2Hash& form, std::string_view password) {
  std::string result(form.result.size(), '\0');
  const EVP_MD* digest = form.digest == Pbkdf2Hash::Digest::kSha256 ? EVP_sha256() : EVP_sha512();
  const bool good =
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                        Raw(std::string_view(form.salt)), static_cast<int>(form.salt.size()),
                        static_cast<int>(form.iterations), digest, static_cast<int>(result.size()),
                        Raw(result)) == 1;
  return Done(good, std::move(result));
}

}  // namespace

bool ReadsWhole(const StoredHash::Form& form, std::string_view password) {
  if (password.empty()) return false;
  if (!std::holds_alternative<BcryptHash>(form)) return password.size() <= kMaxPasswordBytes;
  return password.size() <= kMaxBcryptPasswordBytes &&
         password.find('\0') == std::string_view::npos;
}

absl::StatusOr<secret::Secret> ComputeHash(const StoredHash::Form& form,
                                           std::string_view password) {
  return std::visit([password](const auto& hash) { return Compute(hash, password); }, form);
}

}  // namespace tokenforge::users
