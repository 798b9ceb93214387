// Accounts, passwords and mail over SQLite in this process, with a mail server that takes notes:
// for tests of what mails open.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "services/users/mail_worker.h"
#include "services/users/outbox_store_sql.h"
#include "services/users/passwords.h"
#include "services/users/token_store_sql.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/users/sqlite_accounts.h"

namespace tokenforge::users {

// Answers as it was told to, then "sent". One thread.
class NotingTransport final : public MailTransport {
 public:
  Delivery Send(const MailEnvelope& mail) override {
    mails.push_back(mail);
    if (answers.empty()) return {.result = Delivery::kSent};
    Delivery answer = answers.front();
    answers.pop_front();
    return answer;
  }
  void Abort() override {}

  std::vector<MailEnvelope> mails;
  std::deque<Delivery> answers;
};

inline MailStyle StyleForTests() {
  return {.from = {.name = "TokenForge", .address = *CanonicalEmail::Parse("no-reply@example.org")},
          .service_name = "TokenForge",
          .link_base = "https://app.example.org"};
}

// The text form of a mail: the first base64 part.
inline std::string TextOf(const MailEnvelope& mail) {
  const std::string mark = "Content-Transfer-Encoding: base64\r\n\r\n";
  const std::size_t begin = mail.bytes.find(mark) + mark.size();
  std::string encoded = mail.bytes.substr(begin, mail.bytes.find("--=_", begin) - begin);
  std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
  std::string text;
  absl::Base64Unescape(encoded, &text);
  return text;
}

// The token that a mail shows; empty when it shows none.
inline std::string TokenIn(const MailEnvelope& mail) {
  const std::string text = TextOf(mail);
  const std::size_t at = text.find("#token=");
  return at == std::string::npos ? "" : text.substr(at + 7, 47);
}

struct MailDesk {
  fakes::FakeClock clock;
  SqliteAccounts sqlite;
  PasswordHasher hasher{PasswordHasher::kMinCost};
  HashQueue hashing{hasher, {.name = "hash", .threads = 2, .queue = 8}};
  const PasswordPolicy policy;
  TokenStoreSql tokens{sqlite.database()};
  OutboxStoreSql outbox{sqlite.database()};
  Passwords passwords{sqlite.store(), tokens, hashing, policy, clock};
  NotingTransport transport;
  MailWorker worker{outbox, &transport, StyleForTests(), clock, {}};

  // Everything that is due; the mails that went out.
  std::vector<MailEnvelope> Send() {
    transport.mails.clear();
    while (worker.WorkOnce()) {
    }
    return transport.mails;
  }
  long long Waiting() { return Wait(outbox.Depth(InAMinute()))->mails; }
};

}  // namespace tokenforge::users
