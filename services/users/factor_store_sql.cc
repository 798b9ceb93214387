#include "services/users/factor_store_sql.h"

#include <memory>
#include <utility>

#include "services/users/account_rows.h"
#include "services/users/account_store_sql.h"
#include "services/users/factor_rows.h"
#include "services/users/store_errors.h"

namespace tokenforge::users {
namespace {

using FoundCredentials = std::optional<Credentials>;

// `find` reads the account's row by its ID. The challenge is read a second time when the account is
// locked: until then another call may have used it.
template <class FindAccount>
absl::StatusOr<FactorState> Read(SqlSession& session, const FactorStore::Key& key,
                                 FindAccount find) {
  if (HasNul(key.user_id) || HasNul(key.challenge_hash)) return AccountNotFound();
  auto& rows = session.Part<FactorRows>();
  std::string user_id = key.user_id;
  if (!key.challenge_hash.empty()) {
    const auto challenge = rows.FindChallenge(key.challenge_hash);
    if (!challenge) return AccountNotFound();
    user_id = challenge->user_id;
  }
  FoundCredentials account = find(user_id);
  if (!account) return AccountNotFound();
  FactorState state{.account = *std::move(account), .factor = rows.Find(user_id)};
  if (!key.challenge_hash.empty()) {
    state.challenge = rows.FindChallenge(key.challenge_hash);
    if (!state.challenge) return AccountNotFound();
  }
  return state;
}

// What an edit left behind, compared with what it was given.
void Write(SqlSession& session, const FactorState& state, bool had_mfa, const SecondFactor& before,
           const std::optional<LoginChallenge>& challenge) {
  auto& rows = session.Part<FactorRows>();
  const Account& account = state.account.account;
  if (account.mfa_enabled != had_mfa) session.Part<AccountRows>().Update(state.account);
  if (state.factor != before) rows.Put(account.user_id, state.factor);
  if (state.drop_challenges) {
    rows.RemoveChallenges(account.user_id, clock::WallTime::max());
  } else if (challenge && !state.challenge) {
    rows.RemoveChallenge(challenge->hash);
  } else if (challenge && state.challenge->tries != challenge->tries) {
    rows.SetTries(*state.challenge);
  }
}

absl::Status ChangeOn(SqlSession& session, const FactorStore::Key& key,
                      const FactorStore::Edit& edit) {
  auto lock = [&](const std::string& user_id) {
    return session.Part<AccountRows>().FindForChange(user_id);
  };
  absl::StatusOr<FactorState> state = Read(session, key, lock);
  if (!state.ok()) return state.status();
  const bool had_mfa = state->account.account.mfa_enabled;
  const SecondFactor before = state->factor;
  const std::optional<LoginChallenge> challenge = state->challenge;
  const absl::StatusOr<std::optional<Beside>> beside = edit(*state);
  if (!beside.ok()) return beside.status();
  if (!*beside) return absl::OkStatus();
  Write(session, *state, had_mfa, before, challenge);
  return WriteBeside(session, **beside);
}

bool AnyHasNul(const LoginChallenge& challenge) {
  return HasNul(challenge.user_id) || HasNul(challenge.client_id) ||
         HasNul(challenge.device_name) || HasNul(challenge.user_agent) ||
         HasNul(challenge.device_address);
}

absl::Status OpenOn(SqlSession& session, const LoginChallenge& challenge, const Beside& beside) {
  // The account's row first, as everywhere: two logins of one user would else wait for each other's
  // expired challenges in any order.
  if (!session.Part<AccountRows>().FindForChange(challenge.user_id)) return AccountNotFound();
  auto& rows = session.Part<FactorRows>();
  rows.RemoveChallenges(challenge.user_id, challenge.create_time);
  rows.AddChallenge(challenge);
  return WriteBeside(session, beside);
}

}  // namespace

async::Task<absl::StatusOr<FactorState>> FactorStoreSql::Find(Deadline deadline, Key key) {
  return database_.Run(deadline, "FindFactor", [key = std::move(key)](SqlSession& session) {
    return Read(session, key, [&](const std::string& user_id) {
      return session.Part<AccountRows>().FindById(user_id);
    });
  });
}

async::Task<absl::Status> FactorStoreSql::Change(Deadline deadline, Key key, Edit edit) {
  return database_.Run(deadline, "ChangeFactor",
                       [key = std::move(key), edit = std::move(edit)](SqlSession& session) {
                         return session.InTransaction([&] { return ChangeOn(session, key, edit); });
                       });
}

async::Task<absl::Status> FactorStoreSql::Open(Deadline deadline, LoginChallenge challenge,
                                               Beside beside) {
  return database_.Run(
      deadline, "OpenChallenge",
      [challenge = std::move(challenge),
       beside = std::move(beside)](SqlSession& session) -> absl::Status {
        if (AnyHasNul(challenge)) return HoldsNul();
        return session.InTransaction([&] { return OpenOn(session, challenge, beside); });
      });
}

}  // namespace tokenforge::users
