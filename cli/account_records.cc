#include "cli/account_records.h"

namespace tokenforge::cli {
namespace {

Record::List ListOf(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

Record RecordOf(const auth::v1::User& user) {
  Record record;
  record.Text("user_id", user.user_id())
      .Text("email", user.email())
      .Truth("email_verified", user.email_verified())
      .Text("given_name", user.given_name())
      .Text("family_name", user.family_name())
      .Texts("roles", ListOf(user.roles()))
      .Texts("scopes", ListOf(user.scopes()))
      .Truth("disabled", user.disabled())
      .Truth("mfa_enabled", user.mfa_enabled())
      .Time("create_time", user.create_time())
      .Time("update_time", user.update_time());
  return record;
}

Record RowOf(const auth::v1::User& user) {
  Record record;
  record.Text("user_id", user.user_id())
      .Text("email", user.email())
      .Texts("roles", ListOf(user.roles()))
      .Truth("disabled", user.disabled())
      .Truth("mfa_enabled", user.mfa_enabled())
      .Time("create_time", user.create_time());
  return record;
}

Record RecordOf(const auth::v1::Session& session) {
  Record record;
  record.Text("session_id", session.session_id())
      .Truth("current", session.current())
      .Text("device", session.device().name())
      .Text("ip_address", session.device().ip_address())
      .Time("create_time", session.create_time())
      .Time("last_used_time", session.last_used_time())
      .Time("expire_time", session.expire_time());
  return record;
}

Record RecordOf(const auth::v1::SigningKey& key) {
  Record record;
  record.Text("kid", key.kid())
      .Text("algorithm", key.algorithm())
      .Text("state", key.state())
      .Time("create_time", key.create_time())
      .Time("activate_time", key.activate_time())
      .Time("retire_time", key.retire_time());
  return record;
}

Record RecordOf(const auth::v1::User& user, const auth::v1::Tokens& tokens) {
  Record record;
  record.Text("user_id", user.user_id())
      .Text("email", user.email())
      .Text("session_id", tokens.session_id())
      .Time("access_expire_time", tokens.access_expire_time())
      .Time("refresh_expire_time", tokens.refresh_expire_time());
  return record;
}

}  // namespace tokenforge::cli
