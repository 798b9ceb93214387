// FactorTest: accounts with second factors over SQLite, a clock that moves only when told, and an
// authenticator app in the hand of the test.
#pragma once

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "lib/errors/errors.h"
#include "services/users/factor_login.h"
#include "services/users/factor_store_sql.h"
#include "services/users/factors.h"
#include "services/users/password_hash.h"
#include "services/users/totp.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/users/sqlite_accounts.h"
#include "tests/services/users/wait.h"

namespace tokenforge::users {

using errors::ReasonOf;
using secret::Secret;
namespace reasons = errors::reasons;

inline constexpr const char* kAda = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77";
inline constexpr const char* kBob = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b78";
inline constexpr const char* kPassword = "correct horse battery";
inline const Origin kApp{.client_id = "spiffe://tokenforge.local/app",
                         .ip_address = "192.0.2.1",
                         .device_name = "Ada's phone",
                         .user_agent = "app/1"};

inline sealing::SealingKeys SealingKeysOf(const std::string& id, char byte) {
  const std::string line = id + ":" + absl::Base64Escape(std::string(32, byte));
  return sealing::SealingKeys::FromText(Secret(line), "keys").value();
}

// The bytes of a base32 secret, as an app reads it.
inline Secret FromBase32(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = bits << 5 | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return Secret::Take(std::move(bytes));
}

class FactorTest : public testing::Test {
 protected:
  FactorTest() {
    AddAccount(kAda, "ada@example.org");
    AddAccount(kBob, "bob@example.org");
  }

  void AddAccount(const std::string& user_id, const std::string& email) {
    const Secret password(kPassword);
    NewAccount account{.user_id = user_id,
                       .email = *CanonicalEmail::Parse(email),
                       .given_name = "",
                       .family_name = "",
                       .password_hash = hasher_.Hash(password).value(),
                       .create_time = clock_.Now()};
    ASSERT_TRUE(Wait(accounts_.store().Create(InAMinute(), std::move(account), {})).ok());
  }

  // The code that an app shows now, or so many steps away.
  std::string CodeNow(const Secret& secret, int steps = 0) const {
    return std::string(TotpCode(secret, TotpStepAt(clock_.Now()) + steps).Expose());
  }
  // Six digits that are no code of any step near now.
  std::string WrongCode(const Secret& secret) const {
    for (int digit = 0;; ++digit) {
      const std::string guess(6, static_cast<char>('0' + digit));
      if (!MatchTotp(secret, guess, clock_.Now(), 0)) return guess;
    }
  }

  absl::StatusOr<Secret> Enroll(const std::string& user_id = kAda) {
    auto enrolled = Wait(factors_.Enroll(InAMinute(), user_id, kApp));
    if (!enrolled.ok()) return enrolled.status();
    return FromBase32(enrolled->secret.Expose());
  }
  absl::StatusOr<RecoveryCodes> Confirm(const std::string& code,
                                        const std::string& user_id = kAda) {
    return Wait(factors_.Confirm(InAMinute(), user_id, Secret(code), kApp));
  }
  absl::Status Disable(std::string_view password = kPassword) {
    return Wait(factors_.Disable(InAMinute(), kAda, Secret(password), kApp));
  }
  // A second factor in force, and a step later, so that its next code is a fresh one.
  void EnableFactor(const std::string& user_id = kAda) {
    secret_ = Enroll(user_id).value();
    recovery_ = Confirm(CodeNow(secret_), user_id).value();
    clock_.Advance(kTotpStep);
  }

  std::string Open(const std::string& user_id = kAda) {
    const auto challenge = Wait(login_.Open(InAMinute(), user_id, "198.51.100.7", kApp));
    return std::string(challenge.value().text.Expose());
  }
  absl::StatusOr<FactorLogin::Login> Complete(const std::string& challenge, std::string_view code,
                                              FactorLogin::Code::Kind kind = kTotp,
                                              const Origin& origin = kApp) {
    return Wait(login_.Complete(InAMinute(), kAda, challenge, {kind, Secret(code)}, origin));
  }
  static constexpr auto kTotp = FactorLogin::Code::kTotp;
  static constexpr auto kRecovery = FactorLogin::Code::kRecovery;

  Account Find(const std::string& user_id = kAda) {
    return Wait(accounts_.store().FindById(InAMinute(), user_id)).value();
  }
  std::vector<std::string> Events() { return accounts_.Events(); }
  std::vector<std::string> Mails() { return accounts_.Mails(); }

  fakes::FakeClock clock_;
  SqliteAccounts accounts_;
  PasswordHasher hasher_{PasswordHasher::kMinCost};
  HashQueue hashing_{hasher_, {.threads = 1, .queue = 64}};
  sealing::SealingKeys keys_ = SealingKeysOf("one", '1');
  FactorStoreSql store_{accounts_.database()};
  FactorSecrets secrets_{&keys_};
  Factors factors_{store_, hashing_, secrets_, "TokenForge", clock_};
  FactorLogin login_{store_, secrets_, clock_};
  Secret secret_;
  RecoveryCodes recovery_;
};

}  // namespace tokenforge::users
