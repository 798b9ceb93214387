#include "services/users/directory_rows.h"

#include "services/users/sql_session.h"

namespace tokenforge::users {
namespace {

// The words of the index accounts_administrators, so that both databases see that it will do.
constexpr const char* kAdministrators =
    "select id from accounts where disabled = 0 and ' ' || roles || ' ' like '% admin %'";

}  // namespace

DirectoryRows::DirectoryRows(SqlSession& session)
    : list_by_id_(PrepareList(session.soci(), "id")),
      list_by_email_(PrepareList(session.soci(), "email")),
      lock_administrators_((session.soci().prepare << kAdministrators << " order by id"
                                                   << session.dialect().for_update(),
                            soci::into(id_))),
      remove_(
          (session.soci().prepare << "delete from accounts where id = :id", soci::use(id_, "id"))),
      remember_((session.soci().prepare
                     << "insert into removed_accounts (id, remove_time) values (:id, :now) "
                        "on conflict do nothing",
                 soci::use(id_, "id"), soci::use(now_, "now"))),
      find_removed_((session.soci().prepare << "select id from removed_accounts where id = :from",
                     soci::into(id_), soci::use(from_, "from"))) {}

soci::statement DirectoryRows::PrepareList(soci::session& session, const std::string& key) {
  return (session.prepare << "select " << AccountColumns::kNames << " from accounts where " << key
                          << " >= :from and " << key << " < :end order by " << key
                          << " limit :count",
          soci::into(row_.id), soci::into(row_.email), soci::into(row_.email_verified),
          soci::into(row_.given_name), soci::into(row_.family_name), soci::into(row_.roles),
          soci::into(row_.scopes), soci::into(row_.disabled), soci::into(row_.mfa_enabled),
          soci::into(row_.create_time), soci::into(row_.update_time),
          soci::into(row_.sessions_valid_from), soci::into(row_.kept_session_id),
          soci::use(from_, "from"), soci::use(end_, "end"), soci::use(count_, "count"));
}

std::vector<Account> DirectoryRows::List(const Listing& listing) {
  constexpr char kAboveAll = '\x7F';  // above every character of an email or an ID
  from_ = listing.from.empty() ? listing.prefix : listing.from;
  end_ = listing.prefix + kAboveAll;
  count_ = static_cast<long long>(listing.size);
  soci::statement& select = listing.prefix.empty() ? list_by_id_ : list_by_email_;
  std::vector<Account> accounts;
  for (bool more = select.execute(true); more; more = select.fetch()) {
    accounts.push_back(AccountOf(row_));
  }
  return accounts;
}

std::vector<std::string> DirectoryRows::LockAdministrators() {
  std::vector<std::string> ids;
  for (bool more = lock_administrators_.execute(true); more; more = lock_administrators_.fetch()) {
    ids.push_back(id_);
  }
  return ids;
}

void DirectoryRows::Remove(const std::string& user_id, long long now) {
  id_ = user_id;
  now_ = now;
  remember_.execute(true);
  remove_.execute(true);
}

bool DirectoryRows::WasRemoved(const std::string& user_id) {
  from_ = user_id;
  bool found = false;
  for (bool more = find_removed_.execute(true); more; more = find_removed_.fetch()) found = true;
  return found;
}

}  // namespace tokenforge::users
