#include "services/users/account_session.h"

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tokenforge::users {
namespace {

using std::chrono::microseconds;

long long ToMicroseconds(clock::WallTime time) {
  return std::chrono::floor<microseconds>(time.time_since_epoch()).count();
}

clock::WallTime FromMicroseconds(long long count) {
  return clock::WallTime(
      std::chrono::duration_cast<clock::WallTime::duration>(microseconds(count)));
}

std::vector<std::string> SplitWords(const std::string& text) {
  std::istringstream words(text);
  std::vector<std::string> split;
  for (std::string word; words >> word;) split.push_back(word);
  return split;
}

}  // namespace

AccountSession::AccountSession(std::unique_ptr<soci::session> session)
    : session_(std::move(session)),
      insert_(PrepareInsert()),
      select_by_id_(PrepareSelect("id")),
      select_by_email_(PrepareSelect("email")) {}

AccountSession::~AccountSession() { secret::Wipe(row_.password_hash); }

soci::statement AccountSession::PrepareInsert() {
  return (session_->prepare
              << "insert into accounts (id, email, email_verified, given_name, family_name, "
                 "password_hash, roles, scopes, disabled, create_time, update_time, version) "
                 "values (:id, :email, :email_verified, :given_name, :family_name, "
                 ":password_hash, :roles, :scopes, :disabled, :create_time, :update_time, 1)",
          soci::use(row_.id, "id"), soci::use(row_.email, "email"),
          soci::use(row_.email_verified, "email_verified"),
          soci::use(row_.given_name, "given_name"), soci::use(row_.family_name, "family_name"),
          soci::use(row_.password_hash, "password_hash"), soci::use(row_.roles, "roles"),
          soci::use(row_.scopes, "scopes"), soci::use(row_.disabled, "disabled"),
          soci::use(row_.create_time, "create_time"), soci::use(row_.update_time, "update_time"));
}

soci::statement AccountSession::PrepareSelect(const char* where) {
  return (session_->prepare << "select id, email, email_verified, given_name, family_name, "
                               "password_hash, roles, scopes, disabled, create_time, update_time "
                               "from accounts where "
                            << where << " = :key",
          soci::into(row_.id), soci::into(row_.email), soci::into(row_.email_verified),
          soci::into(row_.given_name), soci::into(row_.family_name), soci::into(row_.password_hash),
          soci::into(row_.roles), soci::into(row_.scopes), soci::into(row_.disabled),
          soci::into(row_.create_time), soci::into(row_.update_time), soci::use(key_, "key"));
}

void AccountSession::Insert(const NewAccount& account) {
  row_ = Row{.id = account.user_id,
             .email = account.email.text(),
             .given_name = account.given_name,
             .family_name = account.family_name,
             .password_hash = std::string(account.password_hash.Expose()),
             .create_time = ToMicroseconds(account.create_time),
             .update_time = ToMicroseconds(account.create_time)};
  try {
    insert_.execute(true);
  } catch (...) {
    secret::Wipe(row_.password_hash);
    throw;
  }
  secret::Wipe(row_.password_hash);
}

void AccountSession::RenewInsert() { insert_ = PrepareInsert(); }

std::optional<Credentials> AccountSession::FindById(const std::string& user_id) {
  key_ = user_id;
  return FindOne(select_by_id_);
}

std::optional<Credentials> AccountSession::FindByEmail(const CanonicalEmail& email) {
  key_ = email.text();
  return FindOne(select_by_email_);
}

std::optional<Credentials> AccountSession::FindOne(soci::statement& select) {
  if (!select.execute(true)) return std::nullopt;
  std::optional<Credentials> found = TakeRow();
  // Up to the end: until then SQLite holds its snapshot open, and this connection could not write.
  while (select.fetch()) {
  }
  secret::Wipe(row_.password_hash);
  return found;
}

Credentials AccountSession::TakeRow() {
  absl::StatusOr<CanonicalEmail> email = CanonicalEmail::Parse(row_.email);
  if (!email.ok()) throw std::runtime_error("an email in the account database is not canonical");
  Account account{.user_id = row_.id,
                  .email = *std::move(email),
                  .email_verified = row_.email_verified != 0,
                  .given_name = row_.given_name,
                  .family_name = row_.family_name,
                  .roles = SplitWords(row_.roles),
                  .scopes = SplitWords(row_.scopes),
                  .disabled = row_.disabled != 0,
                  .create_time = FromMicroseconds(row_.create_time),
                  .update_time = FromMicroseconds(row_.update_time)};
  return {std::move(account), secret::Secret::Take(std::move(row_.password_hash))};
}

void AccountSession::Ping() {
  int one = 0;
  *session_ << "select 1", soci::into(one);
}

}  // namespace tokenforge::users
