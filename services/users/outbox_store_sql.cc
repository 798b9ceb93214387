#include "services/users/outbox_store_sql.h"

#include <memory>
#include <utility>

#include "services/users/account_rows.h"
#include "services/users/account_store_sql.h"
#include "services/users/outbox_rows.h"
#include "services/users/token_rows.h"

namespace tokenforge::users {
namespace {

absl::StatusOr<OutboxStore::Recipient> PutTokenOn(SqlSession& session, const QueuedMail& claimed,
                                                  TokenPurpose purpose, const TokenHash& token,
                                                  clock::WallTime expire_time) {
  const absl::StatusOr<CanonicalEmail> email = CanonicalEmail::Parse(claimed.intent.email);
  if (!email.ok()) return OutboxStore::Recipient();
  std::optional<Credentials> found = session.Part<AccountRows>().FindByEmail(*email);
  if (!found || found->account.disabled) return OutboxStore::Recipient();
  if (!session.Part<TokenRows>().Put(purpose, token, found->account.user_id, expire_time)) {
    return OutboxStore::Recipient();
  }
  return std::move(found->account);
}

}  // namespace

async::Task<absl::StatusOr<OutboxStore::Claimed>> OutboxStoreSql::Claim(Deadline deadline,
                                                                        clock::WallTime now,
                                                                        clock::WallTime lease_end) {
  return database_.Run(
      deadline, "ClaimMail", [now, lease_end](SqlSession& session) -> absl::StatusOr<Claimed> {
        auto& rows = session.Part<OutboxRows>();
        if (!rows.AnyDue(now)) return Claimed();
        return session.InTransaction(
            [&]() -> absl::StatusOr<Claimed> { return rows.Claim(now, lease_end); });
      });
}

async::Task<absl::StatusOr<OutboxStore::Recipient>> OutboxStoreSql::PutToken(
    Deadline deadline, QueuedMail claimed, TokenPurpose purpose, TokenHash token,
    clock::WallTime expire_time) {
  return database_.Run(deadline, "PutToken",
                       [claimed = std::move(claimed), purpose, token = std::move(token),
                        expire_time](SqlSession& session) -> absl::StatusOr<Recipient> {
                         return session.InTransaction([&] {
                           return PutTokenOn(session, claimed, purpose, token, expire_time);
                         });
                       });
}

async::Task<absl::StatusOr<bool>> OutboxStoreSql::Remove(Deadline deadline, QueuedMail claimed) {
  return database_.Run(deadline, "RemoveMail",
                       [claimed = std::move(claimed)](SqlSession& session) -> absl::StatusOr<bool> {
                         return session.InTransaction([&]() -> absl::StatusOr<bool> {
                           return session.Part<OutboxRows>().Remove(claimed);
                         });
                       });
}

async::Task<absl::StatusOr<bool>> OutboxStoreSql::Postpone(Deadline deadline, QueuedMail claimed,
                                                           clock::WallTime until) {
  return database_.Run(
      deadline, "PostponeMail",
      [claimed = std::move(claimed), until](SqlSession& session) -> absl::StatusOr<bool> {
        return session.InTransaction([&]() -> absl::StatusOr<bool> {
          return session.Part<OutboxRows>().Postpone(claimed, until);
        });
      });
}

async::Task<absl::Status> OutboxStoreSql::Register(Deadline deadline, QueuedMail claimed,
                                                   NewAccount account, Beside created,
                                                   Beside taken) {
  auto shared = std::make_shared<const NewAccount>(std::move(account));
  return database_.Run(deadline, "RegisterPrivately",
                       [shared, claimed = std::move(claimed), created = std::move(created),
                        taken = std::move(taken)](SqlSession& session) -> absl::Status {
                         return session.InTransaction([&]() -> absl::Status {
                           // Whoever came too late finds it done.
                           if (!session.Part<OutboxRows>().Remove(claimed)) return absl::OkStatus();
                           const bool stored = session.Part<AccountRows>().Insert(*shared);
                           return WriteBeside(session, stored ? created : taken);
                         });
                       });
}

async::Task<absl::StatusOr<OutboxDepth>> OutboxStoreSql::Depth(Deadline deadline) {
  return database_.Run(deadline, "MailDepth",
                       [](SqlSession& session) -> absl::StatusOr<OutboxDepth> {
                         return session.Part<OutboxRows>().Depth();
                       });
}

async::Task<absl::StatusOr<long long>> OutboxStoreSql::RemoveExpiredTokens(Deadline deadline,
                                                                           clock::WallTime now) {
  return database_.Run(deadline, "RemoveExpiredTokens",
                       [now](SqlSession& session) -> absl::StatusOr<long long> {
                         return session.InTransaction([&]() -> absl::StatusOr<long long> {
                           return session.Part<TokenRows>().RemoveExpired(now);
                         });
                       });
}

}  // namespace tokenforge::users
