// Accounts in PostgreSQL or SQLite: each method is one piece of work on one SqlSession.
//
// Thread-safe. The database outlives it.
#pragma once

#include <string>

#include "services/users/account_store.h"
#include "services/users/record_queue.h"
#include "services/users/sql_database.h"

namespace tokenforge::users {

class AccountStoreSql final : public AccountStore {
 public:
  explicit AccountStoreSql(SqlDatabase& database) : database_(database), records_(database) {}

  async::Task<absl::StatusOr<Account>> Create(Deadline deadline, NewAccount account,
                                              Beside beside) override;
  async::Task<absl::StatusOr<Account>> FindById(Deadline deadline, std::string user_id) override;
  async::Task<absl::StatusOr<Account>> FindByEmail(Deadline deadline,
                                                   CanonicalEmail email) override;
  async::Task<absl::StatusOr<Credentials>> FindCredentials(Deadline deadline,
                                                           CanonicalEmail email) override;
  async::Task<absl::StatusOr<Credentials>> FindCredentialsById(Deadline deadline,
                                                               std::string user_id) override;
  async::Task<absl::StatusOr<Account>> Change(Deadline deadline, std::string user_id,
                                              Edit edit) override;
  async::Task<absl::Status> Record(Deadline deadline, Beside beside) override;

 private:
  SqlDatabase& database_;
  RecordQueue records_;
};

// AccountStore::Change, inside a transaction that is under way.
absl::StatusOr<Account> ChangeOn(SqlSession& session, const std::string& user_id,
                                 const AccountStore::Edit& edit);

// INVALID_FIELD when a text of it cannot be stored as it is.
absl::Status CheckBeside(const Beside& beside);

// All of it but the events, into the transaction that is under way.
void WriteAllButEvents(SqlSession& session, const Beside& beside);

// Writes all of it into the transaction that is under way. INVALID_FIELD as CheckBeside:
// then roll back. The audit log's head is held from here to the commit, so this comes
// last.
absl::Status WriteBeside(SqlSession& session, const Beside& beside);

// PostgreSQL's driver cuts a text at its first NUL: "ann@example.org\0x" would be Ann. So every
// text is looked at before it is bound.
bool HasNul(std::string_view text);

}  // namespace tokenforge::users
