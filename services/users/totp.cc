#include "services/users/totp.h"

#include <liboath/oath.h>
#include <string.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "lib/secret/random.h"

namespace tokenforge::users {
namespace {

// liboath fails only for want of memory or for arguments that we do not give it.
void MustBeOk(int code) {
  if (code != OATH_OK) std::abort();
}

void InitializeOnce() {
  static const int initialized = oath_init();
  MustBeOk(initialized);
}

// RFC 3986 section 2.3: all but the unreserved characters. A blank is %20: apps show a plus.
std::string PercentEncoded(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace

secret::Secret NewTotpSecret() { return secret::RandomSecret(kTotpSecretBytes); }

secret::Secret Base32(const secret::Secret& bytes) {
  InitializeOnce();
  char* text = nullptr;
  std::size_t size = 0;
  MustBeOk(oath_base32_encode(bytes.Expose().data(), bytes.size(), &text, &size));
  std::string_view unpadded(text, size);
  unpadded = unpadded.substr(0, unpadded.find('='));
  secret::Secret kept(unpadded);
  explicit_bzero(text, size);
  std::free(text);
  return kept;
}

secret::Secret OtpauthUri(std::string_view issuer, std::string_view email,
                          const secret::Secret& secret) {
  const std::string name = PercentEncoded(issuer);
  std::string uri = "otpauth://totp/" + name + ":" + PercentEncoded(email) + "?secret=";
  uri.reserve(uri.size() + 256 + name.size());  // so that no copy of the secret is left behind
  uri += Base32(secret).Expose();
  uri += "&issuer=" + name + "&algorithm=SHA1&digits=" + std::to_string(kTotpDigits) +
         "&period=" + std::to_string(kTotpStep.count());
  return secret::Secret::Take(std::move(uri));
}

std::int64_t TotpStepAt(clock::WallTime now) {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch() / kTotpStep;
}

secret::Secret TotpCode(const secret::Secret& secret, std::int64_t step) {
  InitializeOnce();
  std::array<char, kTotpDigits + 1> code{};
  MustBeOk(oath_hotp_generate(secret.Expose().data(), secret.size(),
                              static_cast<std::uint64_t>(step), kTotpDigits, false,
                              OATH_HOTP_DYNAMIC_TRUNCATION, code.data()));
  secret::Secret kept(std::string_view(code.data(), kTotpDigits));
  explicit_bzero(code.data(), code.size());
  return kept;
}

std::optional<std::int64_t> MatchTotp(const secret::Secret& secret, std::string_view code,
                                      clock::WallTime now, std::int64_t last_step) {
  const std::int64_t present = TotpStepAt(now);
  std::optional<std::int64_t> matched;
  // All of them, from the oldest: should two steps share a code, the newer one counts as used.
  for (std::int64_t step = present - kTotpDrift; step <= present + kTotpDrift; ++step) {
    const bool right = TotpCode(secret, step).Equals(code);
    if (right && step > last_step) matched = step;
  }
  return matched;
}

}  // namespace tokenforge::users
