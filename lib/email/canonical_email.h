// The one canonical form of an email, which is what is stored, compared, unique, and counted.
//
// Why a type: two spellings of one address are two accounts to a database and one mailbox to an
// attacker (CVE-2019-19844). So there is exactly one form, and only Parse makes it:
// - ASCII only. Unicode is refused, not folded: no dotless i, Kelvin sign or full-width letter can
//   become an ASCII address that belongs to somebody else.
// - All lower case, the local part too. RFC 5321 lets a mailbox differ by case; no mail provider
//   that matters does, and people do not remember how they wrote theirs.
// - Exactly as received otherwise: nothing is trimmed, and dots and "+tag" are kept.
//
// Why in lib/: the users service stores by it and the façade counts guesses by it. Were they to
// differ, another spelling of an address would be another row of free guesses at one account.
//
// Immutable values, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace tokenforge::email {

class CanonicalEmail {
 public:
  static constexpr std::size_t kMaxBytes = 254;      // RFC 5321, 4.5.3.1.3
  static constexpr std::size_t kMaxLocalBytes = 64;  // RFC 5321, 4.5.3.1.1

  // INVALID_FIELD on `email`, saying what to mend, unless the text is `local@domain`: local a
  // dot-atom (RFC 5322; quoted forms are refused) of at most 64 bytes, domain a host name of two
  // labels or more (no address literal, no trailing dot), 254 bytes together.
  static absl::StatusOr<CanonicalEmail> Parse(std::string_view text);

  const std::string& text() const { return text_; }

  friend bool operator==(const CanonicalEmail&, const CanonicalEmail&) = default;

 private:
  explicit CanonicalEmail(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace tokenforge::email
