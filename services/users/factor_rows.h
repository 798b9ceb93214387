// The prepared statements of second factors and login challenges on one connection.
//
// Used by one thread, as SqlSession is; throws soci::soci_error. Texts hold no NUL: the store sees
// to that.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>

#include "services/users/factor.h"

namespace tokenforge::users {

class SqlSession;

class FactorRows {
 public:
  explicit FactorRows(SqlSession& session);
  FactorRows(const FactorRows&) = delete;
  FactorRows& operator=(const FactorRows&) = delete;

  // An empty one when the user has none. The caller holds the account's row (AccountRows::
  // FindForChange): it is the one lock of everything about a user's second factor.
  SecondFactor Find(const std::string& user_id);
  // Writes the whole of it; an empty one is removed.
  void Put(const std::string& user_id, const SecondFactor& factor);

  std::optional<LoginChallenge> FindChallenge(const std::string& hash);
  void AddChallenge(const LoginChallenge& challenge);
  void SetTries(const LoginChallenge& challenge);
  void RemoveChallenge(const std::string& hash);
  // Those of a user that have expired by then; all of them with the end of time.
  void RemoveChallenges(const std::string& user_id, clock::WallTime expired_by);

 private:
  struct Factor {
    std::string user_id;
    std::string enrolled_secret, secret, recovery_hashes;
    int enrolled_tries = 0;
    long long last_step = 0;
  };
  struct Challenge {
    std::string hash, user_id, client_id, device_name, user_agent, device_address;
    int tries = 0;
    long long create_time = 0, expire_time = 0;
  };

  soci::statement PreparePut(soci::session& session);
  soci::statement PrepareAdd(soci::session& session);
  soci::statement PrepareFindChallenge(soci::session& session);

  Factor factor_;
  Challenge challenge_;
  std::string key_;
  long long expired_by_ = 0;
  soci::statement find_;
  soci::statement put_;
  soci::statement remove_;
  soci::statement find_challenge_;
  soci::statement add_challenge_;
  soci::statement set_tries_;
  soci::statement remove_challenge_;
  soci::statement remove_challenges_;
};

}  // namespace tokenforge::users
