// The two bodies of SqlDialect; only SqlDialect::ForUrl uses these.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/users/sql_dialect.h"

namespace tokenforge::users {

using NewDialect = absl::StatusOr<std::unique_ptr<const SqlDialect>>;

NewDialect NewSqliteDialect(const std::string& url, const SqlTimeouts& timeouts);
NewDialect NewPostgresqlDialect(const std::string& url, const secret::Secret& password,
                                const SqlTimeouts& timeouts);

}  // namespace tokenforge::users
