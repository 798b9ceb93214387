#include "services/users/import_store_sql.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "services/users/account_rows.h"
#include "services/users/account_store_sql.h"
#include "services/users/directory_rows.h"
#include "services/users/import_rows.h"

namespace tokenforge::users {
namespace {

ImportOutcome StoreOne(SqlSession& session, const Credentials& row) {
  if (session.Part<ImportRows>().Insert(row)) return ImportOutcome::kStored;
  const Account& account = row.account;
  const std::optional<Credentials> there = session.Part<AccountRows>().FindById(account.user_id);
  if (there) {
    return there->account.email == account.email ? ImportOutcome::kPresent
                                                 : ImportOutcome::kIdTaken;
  }
  return session.Part<DirectoryRows>().WasRemoved(account.user_id) ? ImportOutcome::kIdUsed
                                                                   : ImportOutcome::kEmailTaken;
}

absl::StatusOr<std::vector<ImportOutcome>> StoreOn(SqlSession& session,
                                                   const ImportStore::Batch& batch,
                                                   const ImportStore::Telling& telling) {
  std::vector<ImportOutcome> outcomes;
  outcomes.reserve(batch.size());
  for (const Credentials& row : batch) outcomes.push_back(StoreOne(session, row));
  if (std::count(outcomes.begin(), outcomes.end(), ImportOutcome::kStored) == 0) return outcomes;
  if (absl::Status told = WriteBeside(session, telling(outcomes)); !told.ok()) return told;
  return outcomes;
}

}  // namespace

async::Task<absl::StatusOr<std::vector<ImportOutcome>>> ImportStoreSql::Store(
    Deadline deadline, std::shared_ptr<const Batch> batch, Telling telling) {
  return database_.Run(
      deadline, "Import",
      [batch = std::move(batch), telling = std::move(telling)](
          SqlSession& session) -> absl::StatusOr<std::vector<ImportOutcome>> {
        return session.InTransaction([&] { return StoreOn(session, *batch, telling); });
      });
}

}  // namespace tokenforge::users
