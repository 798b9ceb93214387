#include "services/users/token_rows.h"

#include "services/users/sql_session.h"
#include "services/users/sql_time.h"

namespace tokenforge::users {

TokenRows::TokenRows(SqlSession& session)
    : row_{.limit = kMaxLive},
      insert_((session.soci().prepare
                   << "insert into single_use_tokens (hash, purpose, user_id, expire_time) "
                      "select :hash, :purpose, id, :expire_time from accounts where id = :user_id",
               soci::use(row_.hash, "hash"), soci::use(row_.purpose, "purpose"),
               soci::use(row_.expire_time, "expire_time"), soci::use(row_.user_id, "user_id"))),
      trim_((session.soci().prepare
                 << "delete from single_use_tokens where user_id = :user_id and purpose = :purpose "
                    "and hash not in (select hash from single_use_tokens where user_id = :user_id2 "
                    "and purpose = :purpose2 order by expire_time desc, hash limit :most)",
             soci::use(row_.user_id, "user_id"), soci::use(row_.purpose, "purpose"),
             soci::use(row_.user_id, "user_id2"), soci::use(row_.purpose, "purpose2"),
             soci::use(row_.limit, "most"))),
      select_((session.soci().prepare
                   << "select user_id from single_use_tokens where hash = :hash and "
                      "purpose = :purpose and expire_time > :now",
               soci::into(owner_), soci::use(row_.hash, "hash"), soci::use(row_.purpose, "purpose"),
               soci::use(row_.now, "now"))),
      remove_((session.soci().prepare
                   << "delete from single_use_tokens where hash = :hash and purpose = :purpose and "
                      "expire_time > :now",
               soci::use(row_.hash, "hash"), soci::use(row_.purpose, "purpose"),
               soci::use(row_.now, "now"))),
      remove_all_((session.soci().prepare << "delete from single_use_tokens where "
                                             "user_id = :user_id and purpose = :purpose",
                   soci::use(row_.user_id, "user_id"), soci::use(row_.purpose, "purpose"))),
      remove_expired_(
          (
              session.soci().prepare
                  << "delete from single_use_tokens where hash in (select hash from "
                     "single_use_tokens where expire_time <= :now order by expire_time limit " +
                         std::to_string(kMostExpired) + ")",
              soci::use(row_.now, "now"))) {}

bool TokenRows::Put(TokenPurpose purpose, const TokenHash& token, const std::string& user_id,
                    clock::WallTime expire_time) {
  row_ = Row{.hash = token.hex(),
             .purpose = std::string(NameOf(purpose)),
             .user_id = user_id,
             .expire_time = ToMicroseconds(expire_time),
             .limit = kMaxLive};
  insert_.execute(true);
  if (insert_.get_affected_rows() == 0) return false;
  trim_.execute(true);
  return true;
}

std::optional<std::string> TokenRows::Peek(TokenPurpose purpose, const TokenHash& token,
                                           clock::WallTime now) {
  row_ =
      Row{.hash = token.hex(), .purpose = std::string(NameOf(purpose)), .now = ToMicroseconds(now)};
  if (!select_.execute(true)) return std::nullopt;
  while (select_.fetch()) {
  }
  return owner_;
}

// By whether a row went: a select before tells nothing of who was quicker.
std::optional<std::string> TokenRows::Use(TokenPurpose purpose, const TokenHash& token,
                                          clock::WallTime now) {
  const std::optional<std::string> owner = Peek(purpose, token, now);
  if (!owner) return std::nullopt;
  remove_.execute(true);
  if (remove_.get_affected_rows() == 0) return std::nullopt;
  UseUpAll(purpose, *owner);
  return owner;
}

void TokenRows::UseUpAll(TokenPurpose purpose, const std::string& user_id) {
  row_ = Row{.purpose = std::string(NameOf(purpose)), .user_id = user_id};
  remove_all_.execute(true);
}

long long TokenRows::RemoveExpired(clock::WallTime now) {
  row_ = Row{.now = ToMicroseconds(now)};
  remove_expired_.execute(true);
  return remove_expired_.get_affected_rows();
}

}  // namespace tokenforge::users
