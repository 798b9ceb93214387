// FactorParts: everything about second factors over one database, put together.
//
// Thread-safe as its parts are. What the constructor is given outlives it.
#pragma once

#include <optional>
#include <string>

#include "services/users/factor_login.h"
#include "services/users/factor_secrets.h"
#include "services/users/factor_store_sql.h"
#include "services/users/factors.h"

namespace tokenforge::users {

class FactorParts {
 public:
  FactorParts(SqlDatabase& database, HashQueue& hashing,
              const std::optional<sealing::SealingKeys>& keys, const std::string& issuer,
              const clock::Clock& clock)
      : store_(database),
        secrets_(keys ? &*keys : nullptr),
        factors_(store_, hashing, secrets_, issuer, clock),
        login_(store_, secrets_, clock) {}

  Factors& factors() { return factors_; }
  FactorLogin& login() { return login_; }

 private:
  FactorStoreSql store_;
  FactorSecrets secrets_;
  Factors factors_;
  FactorLogin login_;
};

}  // namespace tokenforge::users
