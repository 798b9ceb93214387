#include "services/users/known_device_rows.h"

#include "services/users/sql_session.h"
#include "services/users/sql_time.h"

namespace tokenforge::users {
namespace {

// How exact last_seen_time is: a row that is written at every login is one that logins of several
// processes wait for each other at.
constexpr long long kFreshMicroseconds = 3'600'000'000;

}  // namespace

KnownDeviceRows::KnownDeviceRows(SqlSession& session)
    : count_(
          (session.soci().prepare << "select count(*) from known_devices where user_id = :user_id",
           soci::into(known_), soci::use(row_.user_id, "user_id"))),
      select_((session.soci().prepare << "select last_seen_time from known_devices where "
                                         "user_id = :user_id and trait = :trait",
               soci::into(last_seen_), soci::use(row_.user_id, "user_id"),
               soci::use(row_.trait, "trait"))),
      update_((session.soci().prepare << "update known_devices set last_seen_time = :now where "
                                         "user_id = :user_id and trait = :trait",
               soci::use(row_.last_seen_time, "now"), soci::use(row_.user_id, "user_id"),
               soci::use(row_.trait, "trait"))),
      insert_((session.soci().prepare
                   << "insert into known_devices (user_id, trait, last_seen_time) select id, "
                      ":trait, :now from accounts where id = :user_id on conflict do nothing",
               soci::use(row_.trait, "trait"), soci::use(row_.last_seen_time, "now"),
               soci::use(row_.user_id, "user_id"))),
      trim_((session.soci().prepare
                 << "delete from known_devices where user_id = :user_id and trait not in (select "
                    "trait from known_devices where user_id = :user_id2 order by last_seen_time "
                    "desc, trait limit :most)",
             soci::use(row_.user_id, "user_id"), soci::use(row_.user_id, "user_id2"),
             soci::use(most_, "most"))) {}

bool KnownDeviceRows::See(const LoginSeen& login) {
  row_ = Row{.user_id = login.user_id};
  count_.execute(true);
  while (count_.fetch()) {
  }
  bool learnt = false;
  for (const std::string& trait : login.traits) {
    learnt = Learn(trait, ToMicroseconds(login.time)) || learnt;
  }
  if (!learnt) return false;
  if (known_ + static_cast<long long>(login.traits.size()) > kMaxKnown) trim_.execute(true);
  return known_ > 0;
}

// Whether it was not known.
bool KnownDeviceRows::Learn(const std::string& trait, long long now) {
  row_.trait = trait;
  row_.last_seen_time = now;
  if (select_.execute(true)) {
    while (select_.fetch()) {
    }
    if (now - last_seen_ > kFreshMicroseconds) update_.execute(true);
    return false;
  }
  insert_.execute(true);
  return insert_.get_affected_rows() == 1;
}

}  // namespace tokenforge::users
