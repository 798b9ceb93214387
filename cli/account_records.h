// What the façade says of accounts, sessions, keys and logins, as records. Pure.
#pragma once

#include "cli/record.h"
#include "tokenforge/auth/v1/admin.pb.h"
#include "tokenforge/auth/v1/auth.pb.h"

namespace tokenforge::cli {

Record RecordOf(const auth::v1::User& user);
Record RowOf(const auth::v1::User& user);  // what fits in a list
Record RecordOf(const auth::v1::Session& session);
Record RecordOf(const auth::v1::SigningKey& key);
// Of a login, without its tokens.
Record RecordOf(const auth::v1::User& user, const auth::v1::Tokens& tokens);

}  // namespace tokenforge::cli
