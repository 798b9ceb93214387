#include "services/users/factor_rows.h"

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/users/sql_session.h"
#include "services/users/sql_time.h"

namespace tokenforge::users {
namespace {

// Up to the end: until then SQLite holds its snapshot open, and this connection could not write.
bool FetchOne(soci::statement& select) {
  const bool found = select.execute(true);
  while (found && select.fetch()) {
  }
  return found;
}

}  // namespace

FactorRows::FactorRows(SqlSession& session)
    : find_((session.soci().prepare
                 << "select enrolled_secret, enrolled_tries, secret, last_step, recovery_hashes "
                    "from second_factors where user_id = :key",
             soci::into(factor_.enrolled_secret), soci::into(factor_.enrolled_tries),
             soci::into(factor_.secret), soci::into(factor_.last_step),
             soci::into(factor_.recovery_hashes), soci::use(key_, "key"))),
      put_(PreparePut(session.soci())),
      remove_((session.soci().prepare << "delete from second_factors where user_id = :key",
               soci::use(key_, "key"))),
      find_challenge_(PrepareFindChallenge(session.soci())),
      add_challenge_(PrepareAdd(session.soci())),
      set_tries_((
          session.soci().prepare << "update login_challenges set tries = :tries where hash = :hash",
          soci::use(challenge_.tries, "tries"), soci::use(challenge_.hash, "hash"))),
      remove_challenge_((session.soci().prepare << "delete from login_challenges where hash = :key",
                         soci::use(key_, "key"))),
      remove_challenges_((session.soci().prepare << "delete from login_challenges where user_id = "
                                                    ":key and expire_time <= :expired_by",
                          soci::use(key_, "key"), soci::use(expired_by_, "expired_by"))) {}

soci::statement FactorRows::PreparePut(soci::session& session) {
  return (session.prepare
              << "insert into second_factors (user_id, enrolled_secret, enrolled_tries, secret, "
                 "last_step, recovery_hashes) values (:user_id, :enrolled_secret, :enrolled_tries, "
                 ":secret, :last_step, :recovery_hashes) on conflict (user_id) do update set "
                 "enrolled_secret = excluded.enrolled_secret, "
                 "enrolled_tries = excluded.enrolled_tries, secret = excluded.secret, "
                 "last_step = excluded.last_step, recovery_hashes = excluded.recovery_hashes",
          soci::use(factor_.user_id, "user_id"),
          soci::use(factor_.enrolled_secret, "enrolled_secret"),
          soci::use(factor_.enrolled_tries, "enrolled_tries"), soci::use(factor_.secret, "secret"),
          soci::use(factor_.last_step, "last_step"),
          soci::use(factor_.recovery_hashes, "recovery_hashes"));
}

soci::statement FactorRows::PrepareFindChallenge(soci::session& session) {
  return (session.prepare << "select hash, user_id, client_id, device_name, user_agent, "
                             "device_address, tries, create_time, expire_time "
                             "from login_challenges where hash = :key",
          soci::into(challenge_.hash), soci::into(challenge_.user_id),
          soci::into(challenge_.client_id), soci::into(challenge_.device_name),
          soci::into(challenge_.user_agent), soci::into(challenge_.device_address),
          soci::into(challenge_.tries), soci::into(challenge_.create_time),
          soci::into(challenge_.expire_time), soci::use(key_, "key"));
}

soci::statement FactorRows::PrepareAdd(soci::session& session) {
  return (session.prepare << "insert into login_challenges (hash, user_id, client_id, device_name, "
                             "user_agent, device_address, tries, create_time, expire_time) values "
                             "(:hash, :user_id, :client_id, :device_name, :user_agent, "
                             ":device_address, :tries, :create_time, :expire_time)",
          soci::use(challenge_.hash, "hash"), soci::use(challenge_.user_id, "user_id"),
          soci::use(challenge_.client_id, "client_id"),
          soci::use(challenge_.device_name, "device_name"),
          soci::use(challenge_.user_agent, "user_agent"),
          soci::use(challenge_.device_address, "device_address"),
          soci::use(challenge_.tries, "tries"), soci::use(challenge_.create_time, "create_time"),
          soci::use(challenge_.expire_time, "expire_time"));
}

SecondFactor FactorRows::Find(const std::string& user_id) {
  key_ = user_id;
  if (!FetchOne(find_)) return {};
  return {.enrolled_secret = factor_.enrolled_secret,
          .enrolled_tries = factor_.enrolled_tries,
          .secret = factor_.secret,
          .last_step = factor_.last_step,
          .recovery_hashes = absl::StrSplit(factor_.recovery_hashes, ' ', absl::SkipEmpty())};
}

void FactorRows::Put(const std::string& user_id, const SecondFactor& factor) {
  if (factor.empty()) {
    key_ = user_id;
    remove_.execute(true);
    return;
  }
  factor_ = Factor{.user_id = user_id,
                   .enrolled_secret = factor.enrolled_secret,
                   .secret = factor.secret,
                   .recovery_hashes = absl::StrJoin(factor.recovery_hashes, " "),
                   .enrolled_tries = factor.enrolled_tries,
                   .last_step = factor.last_step};
  put_.execute(true);
}

std::optional<LoginChallenge> FactorRows::FindChallenge(const std::string& hash) {
  key_ = hash;
  if (!FetchOne(find_challenge_)) return std::nullopt;
  return LoginChallenge{.hash = challenge_.hash,
                        .user_id = challenge_.user_id,
                        .client_id = challenge_.client_id,
                        .device_name = challenge_.device_name,
                        .user_agent = challenge_.user_agent,
                        .device_address = challenge_.device_address,
                        .tries = challenge_.tries,
                        .create_time = FromMicroseconds(challenge_.create_time),
                        .expire_time = FromMicroseconds(challenge_.expire_time)};
}

void FactorRows::AddChallenge(const LoginChallenge& challenge) {
  challenge_ = Challenge{.hash = challenge.hash,
                         .user_id = challenge.user_id,
                         .client_id = challenge.client_id,
                         .device_name = challenge.device_name,
                         .user_agent = challenge.user_agent,
                         .device_address = challenge.device_address,
                         .tries = challenge.tries,
                         .create_time = ToMicroseconds(challenge.create_time),
                         .expire_time = ToMicroseconds(challenge.expire_time)};
  add_challenge_.execute(true);
}

void FactorRows::SetTries(const LoginChallenge& challenge) {
  challenge_.hash = challenge.hash;
  challenge_.tries = challenge.tries;
  set_tries_.execute(true);
}

void FactorRows::RemoveChallenge(const std::string& hash) {
  key_ = hash;
  remove_challenge_.execute(true);
}

void FactorRows::RemoveChallenges(const std::string& user_id, clock::WallTime expired_by) {
  key_ = user_id;
  expired_by_ = ToMicroseconds(expired_by);
  remove_challenges_.execute(true);
}

}  // namespace tokenforge::users
