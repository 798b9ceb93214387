// Access tokens for tests: good ones, and each kind of bad one.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "lib/jose/private_key.h"
#include "lib/jose/signer.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::testing {

inline constexpr char kIssuer[] = "http://127.0.0.1:7080";
inline constexpr char kAudience[] = "tokenforge";

class Tokens {
 public:
  using Change = std::function<void(jose::AccessTokenClaims&)>;

  explicit Tokens(const clock::Clock& clock);

  // The key set that verifies what this object signs.
  std::string Jwks() const;
  // One that verifies what `other` signs, too.
  std::string JwksBeside(const Tokens& other) const;
  const std::string& kid() const { return signer_.kid(); }

  // A token of user "ada" in session "s-ada", with changes.
  std::string Make(const Change& change = {}) const;
  std::string For(const std::string& subject) const;
  std::string WithRoles(std::vector<std::string> roles) const;

  std::string Expired() const;
  std::string NotYetValid() const;
  std::string OfForeignIssuer() const;
  std::string ForForeignAudience() const;
  std::string OfWrongType() const;  // a good signature of the trusted key over typ "JWT"
  std::string OfUnknownKey() const;
  std::string Forged() const;    // another key's signature under the trusted kid
  std::string Unsigned() const;  // alg "none"

 private:
  jose::AccessTokenClaims Claims() const;
  std::string SignedAs(const std::string& header, const std::string& payload) const;

  const clock::Clock& clock_;
  const jose::PrivateKey key_;
  const jose::PrivateKey stranger_;
  const jose::Signer signer_;
};

}  // namespace tokenforge::testing
