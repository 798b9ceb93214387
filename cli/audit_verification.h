// AuditVerification: follows the audit log's chain and compares it with links that were kept
// elsewhere.
//
// A chain alone shows every change in its middle, but not that its end was cut off, or that all of
// it was made anew: a link that the chain must go through shows those.
//
// Used by one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/audit/chain.h"

namespace tokenforge::cli {

class AuditVerification {
 public:
  // Begins behind `after`, a link known to be good; `expected` are links that the chain must go
  // through, in any order.
  explicit AuditVerification(audit::Link after, std::vector<audit::Link> expected);

  // Takes the next event; false when the chain is broken there, and nothing behind it counts.
  bool Take(const audit::Event& event);

  // After the last event: what is wrong, for people; nothing when all is as it should be.
  std::optional<std::string> Fault() const;

  const audit::Link& head() const { return check_.head(); }
  std::int64_t events() const { return events_; }

 private:
  audit::ChainCheck check_;
  std::vector<audit::Link> expected_;  // those that are still ahead
  std::optional<std::string> fault_;
  std::int64_t events_ = 0;
};

}  // namespace tokenforge::cli
