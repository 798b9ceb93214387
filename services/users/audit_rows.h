// The prepared statements that write the audit log on one connection: a chain of events (lib/audit)
// whose end is one row, the head.
//
// Whoever appends holds the head until its transaction ends, so events stand in the order of their
// commits, without gaps, whatever the number of replicas. Append last, right before the commit:
// everybody waits for the head.
//
// Used by one thread, as SqlSession is; throws soci::soci_error.
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

#include "services/users/audit_event.h"

namespace tokenforge::users {

class SqlSession;

class AuditRows {
 public:
  explicit AuditRows(SqlSession& session);
  AuditRows(const AuditRows&) = delete;
  AuditRows& operator=(const AuditRows&) = delete;

  // In a transaction. Sets each event's sequence and hash, and cuts its time to whole microseconds.
  // Every event IsStorable.
  void Append(std::vector<AuditEvent>& events);

 private:
  struct Row {
    long long sequence = 0;
    long long event_time = 0;
    std::string kind, user_id, actor, ip_address, request_id, trace_id;
    std::string attributes;  // a JSON object
    std::string hash;        // hexadecimal
  };
  struct Head {
    long long sequence = 0;
    std::string hash;
  };

  Row row_;
  Head head_;
  soci::statement select_head_;
  soci::statement update_head_;
  soci::statement insert_;
};

}  // namespace tokenforge::users
