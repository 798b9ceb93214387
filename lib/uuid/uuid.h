// IDs of the suite: UUIDs (RFC 9562), written as 36 lower-case characters, kept as 16 bytes.
//
// One spelling for one ID: anything but the canonical lower-case form is refused, so that an ID can
// be compared, hashed and put into a key as it came. Values are immutable; everything here is
// thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tokenforge::uuid {

class Uuid {
 public:
  static constexpr std::size_t kTextSize = 36;
  using Bytes = std::array<unsigned char, 16>;

  // All zeros: the nil UUID, which is never generated.
  constexpr Uuid() = default;
  explicit constexpr Uuid(const Bytes& bytes) : bytes_(bytes) {}

  // Version 4: 122 random bits. For what is looked up in memory or must not tell when it was made.
  static Uuid Random();

  // Version 7: 48 bits of Unix milliseconds, 74 random bits. New rows of a database land side by
  // side in its index. Tells when it was made. Within one millisecond the order is random.
  static Uuid Ordered(std::chrono::system_clock::time_point now);

  // The canonical lower-case form of any version; nothing else (no braces, upper case, whitespace,
  // NUL).
  static std::optional<Uuid> Parse(std::string_view text);

  std::string ToString() const;
  const Bytes& bytes() const { return bytes_; }
  int version() const { return bytes_[6] >> 4; }

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
  template <class H>
  friend H AbslHashValue(H state, const Uuid& id) {
    return H::combine(std::move(state), id.bytes_);
  }

 private:
  Bytes bytes_{};
};

// Whether the text is an ID in canonical form.
inline bool IsCanonical(std::string_view text) { return Uuid::Parse(text).has_value(); }

// Uuid::Random as text.
inline std::string NewId() { return Uuid::Random().ToString(); }

}  // namespace tokenforge::uuid
