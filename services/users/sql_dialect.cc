#include "services/users/sql_dialect.h"

#include "lib/errors/errors.h"
#include "services/users/sql_dialects.h"

namespace tokenforge::users {
namespace {

constexpr std::chrono::seconds kRetryAfter(1);

}  // namespace

absl::Status SqlFault::ToStatus() const {
  if (kind == kLost || kind == kBusy) {
    return errors::MakeRetryable(errors::reasons::DEPENDENCY_DOWN,
                                 "The account database does not answer (" + code + ").",
                                 kRetryAfter);
  }
  return errors::Make(errors::reasons::INTERNAL_FAULT,
                      "The account database refused a statement (" + code + ").");
}

absl::StatusOr<std::unique_ptr<const SqlDialect>> SqlDialect::ForUrl(const std::string& url,
                                                                     const secret::Secret& password,
                                                                     const SqlTimeouts& timeouts) {
  if (url.starts_with("sqlite://")) return NewSqliteDialect(url, timeouts);
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return NewPostgresqlDialect(url, password, timeouts);
  }
  return errors::InvalidFields({{"database-url", "must begin with sqlite:/// or postgresql://"}});
}

}  // namespace tokenforge::users
