#include "services/auth/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "lib/errors/errors.h"

namespace tokenforge::auth {
namespace {

constexpr std::size_t kLongestText = INET6_ADDRSTRLEN - 1;
constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

absl::Status NoRange(const std::string& why) { return errors::InvalidFields({{"range", why}}); }

// A decimal number of at most `most`, without sign or leading zeros.
std::optional<int> ParseNumber(std::string_view text, int most) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc() || stop != end || text.front() == '-') return std::nullopt;
  if ((text.size() > 1 && text.front() == '0') || number > most) return std::nullopt;
  return number;
}

template <class Bytes>
void ClearAfter(Bytes& bytes, int bits) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(bits - static_cast<int>(i) * 8, 0, 8);
    bytes[i] &= static_cast<unsigned char>(0xFF00 >> kept);
  }
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  // inet_pton stops at a NUL, and what follows one would go unseen.
  if (text.size() > kLongestText || text.find('\0') != std::string_view::npos) return std::nullopt;
  char terminated[kLongestText + 1] = {};
  std::copy(text.begin(), text.end(), terminated);
  Bytes bytes{};
  if (inet_pton(AF_INET6, terminated, bytes.data()) == 1) return IpAddress(bytes);
  std::copy(kMapped.begin(), kMapped.end(), bytes.begin());
  if (inet_pton(AF_INET, terminated, bytes.data() + kMapped.size()) == 1) return IpAddress(bytes);
  return std::nullopt;
}

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin()); }

std::string IpAddress::text() const {
  char written[INET6_ADDRSTRLEN] = {};
  if (is_v4()) {
    inet_ntop(AF_INET, bytes_.data() + kMapped.size(), written, sizeof written);
  } else {
    inet_ntop(AF_INET6, bytes_.data(), written, sizeof written);
  }
  return written;
}

std::string IpAddress::subscriber() const {
  if (is_v4()) return text();
  Bytes network = bytes_;
  ClearAfter(network, 64);
  return IpAddress(network).text() + "/64";
}

absl::StatusOr<IpRange> IpRange::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = IpAddress::Parse(text.substr(0, slash));
  if (!base) return NoRange("must begin with an IPv4 or IPv6 address");
  if (slash == std::string_view::npos) return IpRange(*base, 128);

  const bool written_as_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  const auto length = ParseNumber(text.substr(slash + 1), written_as_v4 ? 32 : 128);
  if (!length) {
    return NoRange(written_as_v4 ? "must have a prefix length of 0 to 32 after the slash"
                                 : "must have a prefix length of 0 to 128 after the slash");
  }
  const int bits = written_as_v4 ? kMappedBits + *length : *length;
  IpAddress::Bytes network = base->bytes_;
  ClearAfter(network, bits);
  if (network != base->bytes_) return NoRange("has bits set after its prefix");
  return IpRange(*base, bits);
}

bool IpRange::Contains(const IpAddress& address) const {
  if (address.is_v4() != base_.is_v4()) return false;
  IpAddress::Bytes network = address.bytes_;
  ClearAfter(network, prefix_bits_);
  return network == base_.bytes_;
}

}  // namespace tokenforge::auth
