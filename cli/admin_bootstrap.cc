// admin bootstrap: the first administrator, in the account database of this host.
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/exit_code.h"
#include "cli/families.h"
#include "cli/password_prompt.h"
#include "cli/record.h"
#include "lib/config/config.h"
#include "lib/secret/file.h"
#include "lib/uuid/uuid.h"
#include "services/users/account_store_sql.h"
#include "services/users/config.h"
#include "services/users/directory.h"
#include "services/users/directory_store_sql.h"
#include "services/users/hash_settings.h"
#include "services/users/password_hash.h"
#include "services/users/registration.h"

namespace tokenforge::cli {
namespace {

constexpr std::chrono::seconds kPatience{30};

struct Wish {
  std::string email;
  std::string password_file;
  std::string given_name;
  std::string family_name;
  bool again = false;
  users::Config config;
};

std::string Text(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

template <class T>
T Wait(async::Task<T> task) {
  // Shared: the thread that ends the task may still be inside set_value when this one goes on.
  auto result = std::make_shared<std::promise<T>>();
  async::Spawn(std::move(task), [result](const std::exception_ptr& thrown, T value) {
    thrown ? result->set_exception(thrown) : result->set_value(std::move(value));
  });
  return result->get_future().get();
}

std::string HostUser() {
  const passwd* const entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(::getuid());
}

// A new database file would belong to whoever runs this, and the service could not open it.
absl::Status CheckThatThereIsADatabase(const std::string& url) {
  constexpr std::string_view kSqlite = "sqlite://";
  if (!url.starts_with(kSqlite)) return absl::OkStatus();
  const std::string path = url.substr(kSqlite.size());
  std::error_code unreadable;
  if (std::filesystem::exists(path, unreadable)) return absl::OkStatus();
  return absl::FailedPreconditionError("there is no " + path +
                                       "; start the users service first, it makes its database");
}

// The account to be made, with a password by the policy of the service.
absl::StatusOr<std::shared_ptr<const users::NewAccount>> NewAccountOf(const Wish& wish) {
  absl::StatusOr<secret::Secret> password =
      wish.password_file.empty() ? AskNewSecret("There is no such account yet. Its new password: ")
                                 : secret::ReadLine(wish.password_file);
  if (!password.ok()) return password.status();
  const std::string user_id = uuid::NewId();
  const auto registration =
      users::CheckRegistration({.user_id = user_id,
                                .email = wish.email,
                                .password = password->Expose(),
                                .given_name = wish.given_name,
                                .family_name = wish.family_name},
                               users::PasswordPolicy(users::RulesOf(wish.config.hashing)));
  if (!registration.ok()) return registration.status();
  const users::PasswordHasher hasher(users::PolicyOf(wish.config.hashing));
  absl::StatusOr<secret::Secret> hash = hasher.Hash(*password);
  if (!hash.ok()) return hash.status();
  return std::make_shared<const users::NewAccount>(
      users::NewAccount{.user_id = registration->user_id(),
                        .email = registration->email(),
                        .given_name = registration->given_name(),
                        .family_name = registration->family_name(),
                        .password_hash = *std::move(hash),
                        .create_time = clock::SystemClock().Now()});
}

absl::StatusOr<users::Account> Bootstrap(const Wish& wish) {
  const auto email = email::CanonicalEmail::Parse(wish.email);
  if (!email.ok()) return email.status();
  const absl::Status there = CheckThatThereIsADatabase(wish.config.database_url);
  if (!there.ok()) return there;
  auto dialect = users::DialectOf(wish.config);
  if (!dialect.ok()) return dialect.status();
  const clock::SystemClock clock;
  users::SqlDatabase database(*std::move(dialect), {.connections = 1});
  users::AccountStoreSql accounts(database);
  users::DirectoryStoreSql store(database);
  users::Directory directory(accounts, store, clock);
  const auto appoint = [&](std::shared_ptr<const users::NewAccount> made) {
    return Wait(directory.Appoint(std::chrono::steady_clock::now() + kPatience, *email,
                                  std::move(made), wish.again, HostUser()));
  };
  absl::StatusOr<users::Account> account = appoint(nullptr);
  if (absl::IsNotFound(account.status())) {
    auto made = NewAccountOf(wish);
    if (!made.ok()) return made.status();
    account = appoint(*std::move(made));
  }
  if (absl::IsFailedPrecondition(account.status())) {
    return absl::FailedPreconditionError(Text(account.status()) +
                                         " Let that one give the role, or say --again.");
  }
  return account;
}

void Declare(config::Parser& parser, Wish* wish) {
  parser.Group("Administrator");
  parser.String("email", &wish->email, "", "whom to give the role `admin`").Required();
  parser.FileThatExists("password-file", &wish->password_file, "",
                        "the password of an account that is to be made, instead of asking");
  parser.String("given-name", &wish->given_name, "", "of an account that is to be made");
  parser.String("family-name", &wish->family_name, "", "of an account that is to be made");
  parser.Bool("again", &wish->again, false, "also when there is an enabled administrator");
}

absl::StatusOr<ExitCode> RunBootstrap(const Wish& wish, const Invocation& call) {
  const absl::StatusOr<users::Account> account = Bootstrap(wish);
  if (!account.ok()) return account.status();
  Record record;
  record.Text("user_id", account->user_id)
      .Text("email", account->email.text())
      .Text("role", "admin");
  Show(record, call.json, call.out);
  return ExitCode::kDone;
}

// The settings of the storage alone; or, from the service's own file, which holds all of them, all.
Run DeclareBootstrap(config::Parser& parser, void (*declare)(config::Parser&, users::Config*)) {
  auto wish = std::make_shared<Wish>();
  Declare(parser, wish.get());
  declare(parser, &wish->config);
  return [wish](const Invocation& call) { return RunBootstrap(*wish, call); };
}

}  // namespace

Command BootstrapCommand() {
  return {
      .name = "admin bootstrap",
      .group = "Administrators",
      .summary = "make the first administrator, on the host of the account database",
      .examples = {{"tokenforge admin bootstrap --email=ada@example.org "
                    "--config-file=/etc/tokenforge/users.conf",
                    "with the settings of the users service"}},
      .declare = [](config::Parser& p) { return DeclareBootstrap(p, users::DeclareStorage); },
      .declare_for_file = [](config::Parser& p) { return DeclareBootstrap(p, users::Declare); }};
}

}  // namespace tokenforge::cli
