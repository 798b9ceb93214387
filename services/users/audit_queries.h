// The prepared statements that read the audit log on one connection.
//
// Each question is a walk along one index from a place on, so a page costs the same wherever it is
// in the log and however long the log has become. A listing is prepared anew for each page: so that
// PostgreSQL plans it for this user and kind, of whom there may be ten events or a million, and not
// for the average one.
//
// Used by one thread, as SqlSession is; throws soci::soci_error, and std::runtime_error when a row
// cannot be read.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>
#include <vector>

#include "services/users/audit_store.h"

namespace tokenforge::users {

class SqlSession;

class AuditQueries {
 public:
  explicit AuditQueries(SqlSession& session);
  AuditQueries(const AuditQueries&) = delete;
  AuditQueries& operator=(const AuditQueries&) = delete;

  std::vector<AuditEvent> List(const AuditFilter& filter, const std::optional<AuditPlace>& before,
                               int most);
  std::vector<AuditEvent> Follow(std::int64_t after, int most);
  audit::Link Head();

  // The text of the statements, with parameters by name: for tests that ask how a database would
  // go about them.
  static std::string ListSql(bool by_user, bool by_kind);
  static std::string FollowSql();

 private:
  // What the statements are bound to; it must stay where it is.
  struct Row {
    long long sequence = 0;
    long long event_time = 0;
    std::string kind, user_id, actor, ip_address, request_id, trace_id;
    std::string attributes;
    std::string hash;
  };
  struct Wish {
    std::string user_id = {};
    std::string kind = {};
    long long since = 0;        // microseconds of Unix time
    long long before_time = 0;  // the place before which events are wanted
    long long before_sequence = 0;
    long long after = 0;
    int most = 0;
  };

  soci::statement PrepareList(soci::session& session, bool by_user, bool by_kind);
  soci::statement PrepareFollow(soci::session& session);
  std::vector<AuditEvent> Fetch(soci::statement& select);
  AuditEvent EventOfRow() const;

  soci::session& soci_;
  Row row_;
  Wish wish_;
  long long head_sequence_ = 0;
  std::string head_hash_;
  soci::statement follow_;
  soci::statement head_;
};

}  // namespace tokenforge::users
