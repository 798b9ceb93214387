#include "services/users/import.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "lib/errors/errors.h"
#include "lib/secret/digest.h"
#include "services/users/directory_rules.h"
#include "services/users/store_errors.h"

namespace tokenforge::users {
namespace {

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

absl::Status FaultOf(ImportOutcome outcome) {
  switch (outcome) {
    case ImportOutcome::kEmailTaken:
      return errors::Make(errors::reasons::EMAIL_TAKEN, "email: belongs to another account");
    case ImportOutcome::kIdTaken:
      return UserIdTaken();
    case ImportOutcome::kIdUsed:
      return errors::InvalidFields({{"user_id", "was of an account that is gone; make a new one"}});
    case ImportOutcome::kStored:
    case ImportOutcome::kPresent:
      break;
  }
  return absl::OkStatus();
}

// The audit events of a batch.
Beside Told(const Origin& origin, clock::WallTime now, const ImportStore::Batch& batch,
            const std::vector<ImportOutcome>& outcomes) {
  Beside beside;
  std::string ids;
  std::size_t stored = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (outcomes[i] != ImportOutcome::kStored) continue;
    ++stored;
    const Account& account = batch[i].account;
    ids += account.user_id + '\n';
    if (account.roles.empty() && account.scopes.empty()) continue;
    beside.events.push_back(Audited(origin, now, "account.imported", account.user_id,
                                    {{"email", account.email.text()},
                                     {"roles", Listed(account.roles)},
                                     {"scopes", Listed(account.scopes)}}));
  }
  beside.events.push_back(Audited(origin, now, "users.imported", "",
                                  {{"rows", std::to_string(batch.size())},
                                   {"stored", std::to_string(stored)},
                                   {"ids_sha256", Hex(secret::AsBytes(secret::Sha256(ids)))}}));
  return beside;
}

}  // namespace

ImportRun::ImportRun(ImportStore& store, const clock::Clock& clock, Origin origin)
    : store_(store), clock_(clock), origin_(std::move(origin)) {}

void ImportRun::Take(const ImportForm& form) {
  const std::int64_t row = ++tally_.rows;
  absl::StatusOr<Credentials> account = CheckImport(form, clock_.Now());
  if (!account.ok()) {
    Refuse(row, account.status());
    return;
  }
  batch_->push_back(*std::move(account));
  row_numbers_.push_back(row);
}

void ImportRun::Refuse(std::int64_t row, const absl::Status& fault) {
  ++tally_.refused;
  if (tally_.faults.size() >= kMaxListedFaults) return;
  const auto reason = errors::ReasonOf(fault).value_or(errors::reasons::INTERNAL_FAULT);
  std::string description(fault.message().data(), fault.message().size());
  // Of our own words, which are ASCII: it may be cut anywhere.
  if (description.size() > kMaxFaultDescription) description.resize(kMaxFaultDescription);
  tally_.faults.push_back({row, errors::reasons::Reason_Name(reason), std::move(description)});
}

async::Task<absl::Status> ImportRun::Store(Deadline deadline) {
  if (batch_->empty()) co_return absl::OkStatus();
  const std::shared_ptr<const ImportStore::Batch> batch =
      std::exchange(batch_, std::make_shared<ImportStore::Batch>());
  const std::vector<std::int64_t> rows = std::exchange(row_numbers_, {});
  ImportStore::Telling telling = [origin = origin_, now = clock_.Now(),
                                  batch](const std::vector<ImportOutcome>& outcomes) {
    return Told(origin, now, *batch, outcomes);
  };
  auto storing = store_.Store(deadline, batch, std::move(telling));
  const absl::StatusOr<std::vector<ImportOutcome>> outcomes = co_await std::move(storing);
  if (!outcomes.ok()) co_return outcomes.status();
  for (std::size_t i = 0; i < outcomes->size(); ++i) {
    const absl::Status fault = FaultOf((*outcomes)[i]);
    if (!fault.ok()) {
      Refuse(rows[i], fault);
    } else {
      ++((*outcomes)[i] == ImportOutcome::kPresent ? tally_.present : tally_.stored);
    }
  }
  co_return absl::OkStatus();
}

}  // namespace tokenforge::users
