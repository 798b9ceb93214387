#include "services/users/token_store_sql.h"

#include <optional>
#include <utility>

#include "services/users/account_rows.h"
#include "services/users/account_store_sql.h"
#include "services/users/store_errors.h"
#include "services/users/token_rows.h"

namespace tokenforge::users {
namespace {

// The account first, then its tokens: whoever changes the account takes them in this order too.
absl::StatusOr<Account> RedeemOn(SqlSession& session, TokenPurpose purpose, const TokenHash& token,
                                 clock::WallTime now, const AccountStore::Edit& edit) {
  auto& tokens = session.Part<TokenRows>();
  const std::optional<std::string> owner = tokens.Peek(purpose, token, now);
  if (!owner) return TokenInvalid();
  const AccountStore::Edit use_and_edit =
      [&](Credentials& account) -> absl::StatusOr<std::optional<Beside>> {
    if (account.account.disabled || !tokens.Use(purpose, token, now)) return TokenInvalid();
    return edit(account);
  };
  absl::StatusOr<Account> changed = ChangeOn(session, *owner, use_and_edit);
  if (errors::ReasonOf(changed.status()) == errors::reasons::NOT_FOUND) return TokenInvalid();
  return changed;
}

}  // namespace

async::Task<absl::StatusOr<Account>> TokenStoreSql::FindOwner(Deadline deadline,
                                                              TokenPurpose purpose, TokenHash token,
                                                              clock::WallTime now) {
  return database_.Run(
      deadline, "FindTokenOwner", [=](SqlSession& session) -> absl::StatusOr<Account> {
        const std::optional<std::string> owner =
            session.Part<TokenRows>().Peek(purpose, token, now);
        if (!owner) return TokenInvalid();
        std::optional<Credentials> found = session.Part<AccountRows>().FindById(*owner);
        if (!found || found->account.disabled) return TokenInvalid();
        return std::move(found->account);
      });
}

async::Task<absl::StatusOr<Account>> TokenStoreSql::Redeem(Deadline deadline, TokenPurpose purpose,
                                                           TokenHash token, clock::WallTime now,
                                                           AccountStore::Edit edit) {
  return database_.Run(
      deadline, "Redeem",
      [purpose, token = std::move(token), now,
       edit = std::move(edit)](SqlSession& session) -> absl::StatusOr<Account> {
        return session.InTransaction([&] { return RedeemOn(session, purpose, token, now, edit); });
      });
}

}  // namespace tokenforge::users
