// A byte string that must not leak: passwords, private keys, key-encryption keys, refresh tokens.
//
// Why a type: a std::string is copied, logged and compared byte by byte without anybody noticing. A
// Secret wipes its memory when it goes, cannot be copied by accident, printed or compared with ==,
// and lets its bytes out only through Expose(), which a reviewer can grep for. The bytes always
// live on the heap, so that a move leaves nothing behind (a short std::string would leave its bytes
// in the moved-from object).
//
// Threading: const members may be called from many threads. Whoever holds a Secret owns its bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace tokenforge::secret {

class Secret {
 public:
  Secret() = default;
  // Copies the bytes; wiping the original is the caller's business. Prefer Take.
  explicit Secret(std::string_view bytes);
  // Takes the bytes over and wipes the string that held them, whose size becomes 0.
  static Secret Take(std::string&& bytes);

  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  // A copy, said aloud.
  Secret Clone() const { return Secret(Expose()); }

  // The bytes, valid as long as this object. Never to be logged, put into an error, or kept.
  std::string_view Expose() const { return {bytes_.get(), size_}; }

  // Compares in constant time; only the lengths may show.
  bool Equals(std::string_view other) const;
  bool Equals(const Secret& other) const { return Equals(other.Expose()); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  template <class Stream>
  friend Stream& operator<<(Stream& stream, const Secret& secret) = delete;

 private:
  void Wipe() noexcept;

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

// Whether two byte strings are equal, in a time that depends on their lengths only. For MACs,
// hashes of single-use tokens, and everything else that an attacker can guess at.
bool ConstantTimeEquals(std::string_view a, std::string_view b);

// Overwrites bytes in a way that the compiler may not leave out, and empties the string.
void Wipe(std::string& bytes);

}  // namespace tokenforge::secret
