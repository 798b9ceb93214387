#include "lib/jose/evp.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <array>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace tokenforge::jose::evp {
namespace {

template <auto Function>
struct FreeBy {
  template <class T>
  void operator()(T* pointer) const {
    Function(pointer);
  }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeBy<EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, FreeBy<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreeBy<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreeBy<OSSL_PARAM_free>>;
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreeBy<PKCS8_PRIV_KEY_INFO_free>>;

constexpr std::size_t kCoordinateBytes = 32;

const unsigned char* Bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

absl::Status Refuse(absl::string_view why) {
  ForgetErrors();
  return absl::InvalidArgumentError(why);
}

absl::Status Failed(absl::string_view what) {
  ForgetErrors();
  return absl::InternalError(what);
}

Number ToNumber(std::string_view bytes) {
  return Number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

Key FromParameters(const char* type, OSSL_PARAM* parameters) {
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return nullptr;
  }
  return Key(key);
}

absl::Status CheckRsa(const RsaMembers& rsa) {
  // Sizes before any arithmetic: a modulus of a megabyte is an attack on our CPU.
  if (rsa.n.empty() || rsa.n.size() > kMostRsaBits / 8)
    return Refuse("RSA modulus is too large or empty");
  if (rsa.n.front() == '\0' || rsa.e.empty() || rsa.e.front() == '\0') {
    return Refuse("RSA numbers must have no leading zeros (RFC 7518, section 2)");
  }
  if (BN_num_bits(ToNumber(rsa.n).get()) < kLeastRsaBits)
    return Refuse("RSA key is below 2048 bits");
  if ((rsa.n.back() & 1) == 0) return Refuse("RSA modulus is even");
  if (rsa.e.size() < 3 || rsa.e.size() > 4 || (rsa.e.back() & 1) == 0) {
    return Refuse("RSA exponent must be odd and between 2^16 and 2^32");
  }
  return absl::OkStatus();
}

absl::StatusOr<Key> Import(const RsaMembers& rsa) {
  if (absl::Status status = CheckRsa(rsa); !status.ok()) return status;
  const Number n = ToNumber(rsa.n);
  const Number e = ToNumber(rsa.e);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return Failed("OpenSSL could not build an RSA key");
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  Key key = FromParameters("RSA", parameters.get());
  if (key == nullptr) return Refuse("OpenSSL refused the RSA key");
  return key;
}

absl::StatusOr<Key> Import(const EcMembers& ec) {
  if (ec.x.size() != kCoordinateBytes || ec.y.size() != kCoordinateBytes) {
    return Refuse("coordinates on P-256 must be 32 bytes (RFC 7518, section 6.2.1.2)");
  }
  std::string point = '\x04' + ec.x + ec.y;
  char group[] = "P-256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  Key key = FromParameters("EC", parameters);
  if (key == nullptr) return Refuse("the point is not on P-256");
  const Context check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1)
    return Refuse("the point is not on P-256");
  return key;
}

// y as 32 little-endian bytes, sign bit cleared, of the points whose order divides 8, and whether y
// is below 2^255 - 19. Under such a "key" anybody can make signatures that verify.
bool IsWeakPoint(std::string y) {
  static const std::array<std::string, 5> kSmallOrder = {
      std::string(32, '\0'), std::string("\x01", 1) + std::string(31, '\0'),
      std::string("\xec", 1) + std::string(30, '\xff') + '\x7f',
      std::string("\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
                  "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
                  32),
      std::string("\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
                  "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
                  32)};
  y[31] = static_cast<char>(y[31] & 0x7f);
  const bool at_most_19_below_the_top = y[31] == '\x7f' && y.find_first_not_of('\xff', 1) == 31 &&
                                        static_cast<unsigned char>(y[0]) >= 0xed;
  if (at_most_19_below_the_top) return true;  // not reduced: a second encoding of a point
  for (const std::string& weak : kSmallOrder) {
    if (y == weak) return true;
  }
  return false;
}

absl::StatusOr<Key> Import(const OkpMembers& okp) {
  if (okp.x.size() != kCoordinateBytes)
    return Refuse("an Ed25519 key must be 32 bytes (RFC 8037, section 2)");
  if (IsWeakPoint(okp.x)) return Refuse("the Ed25519 key is not canonical or of small order");
  Key key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, Bytes(okp.x), okp.x.size()));
  if (key == nullptr) return Refuse("OpenSSL refused the Ed25519 key");
  return key;
}

// A number of the key as big-endian bytes, at least `width` of them; empty on failure.
std::string NumberOf(const Key& key, const char* name, std::size_t width) {
  BIGNUM* got = nullptr;
  if (EVP_PKEY_get_bn_param(key.get(), name, &got) != 1) return {};
  const Number number(got);
  const auto size = std::max(static_cast<std::size_t>(BN_num_bytes(number.get())), width);
  std::string bytes(size, '\0');
  BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(size));
  return bytes;
}

absl::Status CheckCurve(const Key& key) {
  char group[64] = {};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key.get(), group, sizeof group, &size) != 1 ||
      std::string_view(group, size) != "prime256v1") {
    return Refuse("the EC key is not on P-256");
  }
  return absl::OkStatus();
}

}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

void ForgetErrors() { ERR_clear_error(); }

absl::StatusOr<Key> ImportPublic(const PublicMembers& members) {
  return std::visit([](const auto& of_type) { return Import(of_type); }, members);
}

absl::StatusOr<PublicMembers> ExportPublic(const Key& key) {
  if (EVP_PKEY_is_a(key.get(), "RSA")) {
    return RsaMembers{NumberOf(key, OSSL_PKEY_PARAM_RSA_N, 0),
                      NumberOf(key, OSSL_PKEY_PARAM_RSA_E, 0)};
  }
  if (EVP_PKEY_is_a(key.get(), "EC")) {
    if (absl::Status status = CheckCurve(key); !status.ok()) return status;
    return EcMembers{NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, kCoordinateBytes),
                     NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinateBytes)};
  }
  std::string x(kCoordinateBytes, '\0');
  std::size_t size = x.size();
  if (EVP_PKEY_is_a(key.get(), "ED25519") &&
      EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(x.data()), &size) ==
          1) {
    return OkpMembers{std::move(x)};
  }
  return Refuse("the key is neither RSA, nor on P-256, nor Ed25519");
}

absl::StatusOr<Key> Generate(Algorithm algorithm, int rsa_bits) {
  EVP_PKEY* key = nullptr;
  switch (algorithm) {
    case Algorithm::kRs256:
      if (rsa_bits < kLeastRsaBits || rsa_bits > kMostRsaBits)
        return Refuse("RSA keys have 2048 to 8192 bits");
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits));
      break;
    case Algorithm::kEs256:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
      break;
    case Algorithm::kEdDsa:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
  }
  if (key == nullptr) return Failed("OpenSSL could not make a key");
  return Key(key);
}

absl::StatusOr<Key> ImportPkcs8(std::string_view der) {
  const unsigned char* at = Bytes(der);
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (info == nullptr || at != Bytes(der) + der.size())
    return Refuse("the private key is not PKCS #8 in DER");
  Key key(EVP_PKCS82PKEY(info.get()));
  if (key == nullptr) return Refuse("OpenSSL refused the private key");
  return key;
}

absl::StatusOr<secret::Secret> ExportPkcs8(const Key& key) {
  const Pkcs8 info(EVP_PKEY2PKCS8(key.get()));
  unsigned char* der = nullptr;
  const int size = info == nullptr ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der);
  if (size <= 0) return Failed("OpenSSL could not write the private key");
  secret::Secret written(
      std::string_view(reinterpret_cast<char*>(der), static_cast<std::size_t>(size)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return written;
}

}  // namespace tokenforge::jose::evp
