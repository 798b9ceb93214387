// AuditPage: which part of a listing of the audit log is wanted, with its page token.
//
// A token holds the place of the last event that was shown and eight bytes of a digest of what was
// asked, so that it cannot be used with another question. It is opaque, not secret: any place is as
// good as any other for whoever may read the log. Immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/users/audit_log.h"

namespace tokenforge::users {

class AuditPage {
 public:
  // INVALID_FIELD with every fault.
  static absl::StatusOr<AuditPage> Of(const AuditLog::Listing& listing);

  int size() const { return size_; }
  // Along the chain, behind after(); else newest first, older than before().
  bool chain_order() const { return chain_order_; }
  std::int64_t after() const { return place_ ? place_->sequence : after_; }
  std::optional<AuditPlace> before() const { return place_; }

  std::string TokenAfter(const AuditEvent& last) const;

 private:
  AuditPage() = default;

  int size_ = AuditLog::kDefaultPage;
  bool chain_order_ = false;
  std::int64_t after_ = 0;
  std::optional<AuditPlace> place_;  // of the token
  std::string question_;             // eight bytes
};

}  // namespace tokenforge::users
