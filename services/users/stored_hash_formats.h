// The parsers behind StoredHash::Parse, one for each way of writing a hash; nobody else includes
// this.
//
// Each answers with nothing when the text does not begin like its own (so the next is asked), and
// else with the hash or with what is wrong with it, in words that hold nothing of the text. They
// check the spelling and the sizes of single fields; the sum of costs is checked by Parse.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "services/users/stored_hash.h"

namespace tokenforge::users {

// What is wrong, as the end of a sentence that begins with the field's name.
struct HashFault {
  std::string_view text;
};
using HashOrFault = std::variant<StoredHash::Form, HashFault>;
using HashFormat = std::optional<HashOrFault> (*)(std::string_view text);

inline constexpr HashFault kMisspelled{"is not spelled as hashes of its kind are"};
inline constexpr HashFault kBadSalt{"has a salt that is too short or too long"};
inline constexpr HashFault kBadResult{"has a result that is too short or too long"};

std::optional<HashOrFault> ParseBcrypt(std::string_view text);
std::optional<HashOrFault> ParseArgon2(std::string_view text);
std::optional<HashOrFault> ParseScryptPhc(std::string_view text);
std::optional<HashOrFault> ParseScryptCrypt(std::string_view text);
std::optional<HashOrFault> ParseScryptDjango(std::string_view text);
std::optional<HashOrFault> ParseScryptWerkzeug(std::string_view text);
std::optional<HashOrFault> ParsePbkdf2Phc(std::string_view text);  // passlib's way too
std::optional<HashOrFault> ParsePbkdf2Django(std::string_view text);
std::optional<HashOrFault> ParsePbkdf2Werkzeug(std::string_view text);

// Puts salt and result where they belong when their sizes are within the limits.
template <class Hash>
HashOrFault Complete(Hash hash, std::string salt, std::string result) {
  if (salt.size() < HashLimits::kMinSaltBytes || salt.size() > HashLimits::kMaxSaltBytes) {
    return kBadSalt;
  }
  if (result.size() < HashLimits::kMinResultBytes || result.size() > HashLimits::kMaxResultBytes) {
    return kBadResult;
  }
  hash.salt = std::move(salt);
  hash.result = secret::Secret::Take(std::move(result));
  return StoredHash::Form(std::move(hash));
}

}  // namespace tokenforge::users
