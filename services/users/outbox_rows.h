// The prepared statements of the mail outbox on one connection.
//
// A mail is here from the commit of what caused it until it was sent or given up. Whoever wants to
// send one claims it first: it then is nobody else's until the lease ends, and if the claimer dies,
// it comes up again by itself. Each claim has a number of its own (QueuedMail::attempts), so that a
// claimer who was too slow cannot settle what is somebody else's by now.
//
// Used by one thread, as SqlSession is; throws soci::soci_error. All but Depth are for
// transactions.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "services/users/beside.h"
#include "services/users/queued_mail.h"

namespace tokenforge::users {

class SqlSession;

class OutboxRows {
 public:
  explicit OutboxRows(SqlSession& session);
  OutboxRows(const OutboxRows&) = delete;
  OutboxRows& operator=(const OutboxRows&) = delete;

  // Each will be sent once the transaction is committed.
  void Add(const std::vector<MailIntent>& mails);

  // Whether there is a mail to claim; without a transaction, so that looking costs nothing.
  bool AnyDue(clock::WallTime now);
  // The mail that has been due longest and that nobody else is claiming just now.
  std::optional<QueuedMail> Claim(clock::WallTime now, clock::WallTime lease_end);

  // Both false, and nothing done, when the claim is no longer the newest.
  bool Remove(const QueuedMail& claimed);
  bool Postpone(const QueuedMail& claimed, clock::WallTime until);

  OutboxDepth Depth();

 private:
  struct Row {
    std::string id = {}, kind = {}, email = {}, user_id = {};
    std::string attributes = {};  // a JSON object
    long long create_time = 0;
    long long next_attempt_time = 0;
    int attempts = 0;
  };
  QueuedMail TakeRow() const;

  Row row_;
  long long now_ = 0;
  long long count_ = 0;
  soci::statement insert_;
  soci::statement first_due_;
  soci::statement select_due_;
  soci::statement postpone_;
  soci::statement remove_;
  soci::statement depth_;
};

}  // namespace tokenforge::users
