// The prepared statements of known devices on one connection.
//
// Used by one thread, as SqlSession is; throws soci::soci_error. For transactions.
#pragma once

#include <soci/soci.h>

#include <string>

#include "services/users/known_devices.h"

namespace tokenforge::users {

class SqlSession;

class KnownDeviceRows {
 public:
  // More a user never has: those that were not seen for longest go.
  static constexpr int kMaxKnown = 40;

  explicit KnownDeviceRows(SqlSession& session);
  KnownDeviceRows(const KnownDeviceRows&) = delete;
  KnownDeviceRows& operator=(const KnownDeviceRows&) = delete;

  // Knows the login's device and network from now on. True when the user is to be told: one of them
  // is new, and others were known.
  bool See(const LoginSeen& login);

 private:
  struct Row {
    std::string user_id = {}, trait = {};
    long long last_seen_time = 0;
  };
  bool Learn(const std::string& trait, long long now);

  Row row_;
  long long known_ = 0;
  long long last_seen_ = 0;
  const int most_ = kMaxKnown;
  soci::statement count_;
  soci::statement select_;
  soci::statement update_;
  soci::statement insert_;
  soci::statement trim_;
};

}  // namespace tokenforge::users
