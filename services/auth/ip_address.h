// IP addresses and ranges of them, as limits and trusted proxies compare them.
//
// Why types: one address has many spellings (IPv6 shortened or not, IPv4 dressed as IPv6), and each
// spelling that is compared as text is a bucket of its own to an attacker. Only Parse makes one, so
// two equal addresses are equal values.
//
// Immutable values; pure functions; thread-safe.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tokenforge::auth {

class IpAddress {
 public:
  // A textual IPv4 (four decimal numbers, none with a leading zero) or IPv6 address, without
  // brackets, port or zone; nothing for anything else. An IPv4-mapped IPv6 address
  // (::ffff:192.0.2.1) is the IPv4 address: a dual-stack socket shows IPv4 clients so.
  static std::optional<IpAddress> Parse(std::string_view text);

  bool is_v4() const;
  // The one spelling: dotted decimal, or RFC 5952.
  std::string text() const;
  // Whose connection it is, as limits count: the IPv4 address, or the IPv6 network of 64 bits
  // ("2001:db8:0:1::/64"), within which one customer takes any address at will (RFC 6177, RFC
  // 8981).
  std::string subscriber() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class IpRange;
  using Bytes = std::array<unsigned char, 16>;
  explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}
  Bytes bytes_;  // IPv4 as ::ffff:a.b.c.d
};

// A CIDR block (RFC 4632, RFC 4291 section 2.3), or a single address.
class IpRange {
 public:
  // "10.0.0.0/8", "2001:db8::/32", "192.0.2.1". INVALID_FIELD on `range`, saying what to mend: no
  // address, no prefix length, or bits set after the prefix (10.0.0.1/8: was one host meant, or
  // the network?).
  static absl::StatusOr<IpRange> Parse(std::string_view text);

  // IPv4 ranges hold IPv4 addresses only, and IPv6 ranges only IPv6 ones.
  bool Contains(const IpAddress& address) const;
  // A range of every address of its kind.
  bool everything() const { return prefix_bits_ == (base_.is_v4() ? kMappedBits : 0); }

 private:
  static constexpr int kMappedBits = 96;  // what all IPv4-mapped addresses begin with
  IpRange(const IpAddress& base, int prefix_bits) : base_(base), prefix_bits_(prefix_bits) {}
  IpAddress base_;
  int prefix_bits_;  // of the 128
};

}  // namespace tokenforge::auth
