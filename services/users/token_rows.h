// The prepared statements of single-use tokens on one connection.
//
// All of them are meant for a transaction of the caller's, so that a token is used up exactly when
// what it was used for is done. Lock order: the account's row (AccountRows::FindForChange) before
// its tokens; so look at a token with Peek, take the account, then Use.
//
// Used by one thread, as SqlSession is; throws soci::soci_error.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>

#include "lib/clock/clock.h"
#include "services/users/single_use_token.h"

namespace tokenforge::users {

class SqlSession;

class TokenRows {
 public:
  // More live tokens than this a user never has of one purpose: the oldest go.
  static constexpr int kMaxLive = 10;

  explicit TokenRows(SqlSession& session);
  TokenRows(const TokenRows&) = delete;
  TokenRows& operator=(const TokenRows&) = delete;

  // False, and nothing stored, when there is no such account.
  bool Put(TokenPurpose purpose, const TokenHash& token, const std::string& user_id,
           clock::WallTime expire_time);

  // Whose token this is; nothing when it is unknown, used up, of another purpose, or expired: a
  // token is good before its expire time, and not at it.
  std::optional<std::string> Peek(TokenPurpose purpose, const TokenHash& token,
                                  clock::WallTime now);

  // The same, and uses up all tokens of that user and purpose. Of calls that race for one token,
  // one gets the user.
  std::optional<std::string> Use(TokenPurpose purpose, const TokenHash& token, clock::WallTime now);

  // Uses up all tokens of a user and purpose.
  void UseUpAll(TokenPurpose purpose, const std::string& user_id);

  // Forgets tokens that expired, kMostExpired at most; how many there were. The bound stands in the
  // statement: a planner that does not know it, or finds it large, reads the whole table.
  long long RemoveExpired(clock::WallTime now);
  static constexpr int kMostExpired = 100;

 private:
  struct Row {
    std::string hash = {}, purpose = {}, user_id = {};
    long long expire_time = 0;
    long long now = 0;
    int limit = 0;
  };

  Row row_;
  std::string owner_;
  soci::statement insert_;
  soci::statement trim_;
  soci::statement select_;
  soci::statement remove_;
  soci::statement remove_all_;
  soci::statement remove_expired_;
};

}  // namespace tokenforge::users
