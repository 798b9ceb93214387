// The prepared statements of the mail outbox on one connection.
//
// Used by one thread, as SqlSession is; throws soci::soci_error.
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

#include "services/users/beside.h"

namespace tokenforge::users {

class SqlSession;

class OutboxRows {
 public:
  explicit OutboxRows(SqlSession& session);
  OutboxRows(const OutboxRows&) = delete;
  OutboxRows& operator=(const OutboxRows&) = delete;

  // In a transaction: each will be sent once that is committed.
  void Add(const std::vector<MailIntent>& mails);

 private:
  struct Row {
    std::string id, kind, email, user_id;
    std::string attributes;  // a JSON object
    long long create_time = 0;
  };
  Row row_;
  soci::statement insert_;
};

}  // namespace tokenforge::users
