#include "lib/jose/ecdsa_form.h"

#include <algorithm>

namespace tokenforge::jose {
namespace {

constexpr unsigned char kSequence = 0x30;
constexpr unsigned char kInteger = 0x02;
constexpr std::size_t kHalf = kEs256SignatureBytes / 2;

// Writes 32 bytes as a minimal positive INTEGER and returns where the next one goes.
unsigned char* PutInteger(std::string_view number, unsigned char* to) {
  const std::size_t zeros = std::min(number.find_first_not_of('\0'), kHalf - 1);
  number.remove_prefix(zeros);
  const bool sign = (static_cast<unsigned char>(number[0]) & 0x80) != 0;
  *to++ = kInteger;
  *to++ = static_cast<unsigned char>(number.size() + (sign ? 1 : 0));
  if (sign) *to++ = 0;
  return std::copy(number.begin(), number.end(), to);
}

// Moves one INTEGER of at most 32 significant bytes from the front of `der` to the end of `jose`.
bool TakeInteger(std::string_view& der, std::string& jose) {
  if (der.size() < 2 || static_cast<unsigned char>(der[0]) != kInteger) return false;
  const std::size_t size = static_cast<unsigned char>(der[1]);
  if (size == 0 || size > kHalf + 1 || der.size() < 2 + size) return false;
  std::string_view number = der.substr(2, size);
  der.remove_prefix(2 + size);
  if (number[0] == '\0') number.remove_prefix(1);
  if (number.size() > kHalf) return false;
  jose.append(kHalf - number.size(), '\0').append(number);
  return true;
}

}  // namespace

std::optional<DerSignature> DerFromJose(std::string_view signature) {
  if (signature.size() != kEs256SignatureBytes) return std::nullopt;
  DerSignature der;
  unsigned char* end = PutInteger(signature.substr(0, kHalf), der.bytes.data() + 2);
  end = PutInteger(signature.substr(kHalf), end);
  der.size = static_cast<std::size_t>(end - der.bytes.data());
  der.bytes[0] = kSequence;
  der.bytes[1] = static_cast<unsigned char>(der.size - 2);
  return der;
}

std::optional<std::string> JoseFromDer(std::string_view der) {
  if (der.size() < 2 || der.size() > kEs256DerLimit ||
      static_cast<unsigned char>(der[0]) != kSequence ||
      static_cast<unsigned char>(der[1]) != der.size() - 2) {
    return std::nullopt;
  }
  der.remove_prefix(2);
  std::string jose;
  jose.reserve(kEs256SignatureBytes);
  if (!TakeInteger(der, jose) || !TakeInteger(der, jose) || !der.empty()) return std::nullopt;
  return jose;
}

}  // namespace tokenforge::jose
