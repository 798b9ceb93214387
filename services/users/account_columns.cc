#include "services/users/account_columns.h"

#include <sstream>
#include <stdexcept>
#include <utility>

#include "services/users/sql_time.h"

namespace tokenforge::users {
namespace {

std::vector<std::string> SplitWords(const std::string& text) {
  std::istringstream words(text);
  std::vector<std::string> split;
  for (std::string word; words >> word;) split.push_back(word);
  return split;
}

}  // namespace

std::string JoinWords(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

Account AccountOf(const AccountColumns& columns) {
  absl::StatusOr<CanonicalEmail> email = CanonicalEmail::Parse(columns.email);
  if (!email.ok()) throw std::runtime_error("an email in the account database is not canonical");
  return {.user_id = columns.id,
          .email = *std::move(email),
          .email_verified = columns.email_verified != 0,
          .given_name = columns.given_name,
          .family_name = columns.family_name,
          .roles = SplitWords(columns.roles),
          .scopes = SplitWords(columns.scopes),
          .disabled = columns.disabled != 0,
          .mfa_enabled = columns.mfa_enabled != 0,
          .create_time = FromMicroseconds(columns.create_time),
          .update_time = FromMicroseconds(columns.update_time),
          .sessions_valid_from = FromMicroseconds(columns.sessions_valid_from),
          .kept_session_id = columns.kept_session_id};
}

}  // namespace tokenforge::users
