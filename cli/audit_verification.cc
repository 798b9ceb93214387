#include "cli/audit_verification.h"

#include <algorithm>
#include <utility>

namespace tokenforge::cli {
namespace {

bool Earlier(const audit::Link& a, const audit::Link& b) { return a.sequence < b.sequence; }

}  // namespace

AuditVerification::AuditVerification(audit::Link after, std::vector<audit::Link> expected)
    : check_(std::move(after)), expected_(std::move(expected)) {
  std::sort(expected_.begin(), expected_.end(), Earlier);
  // What lies before the beginning cannot be looked at, but the beginning itself can.
  while (!expected_.empty() && expected_.front().sequence <= head().sequence) {
    if (expected_.front().sequence == head().sequence && expected_.front() != head()) {
      fault_ = "the expected event " + std::to_string(head().sequence) +
               " has another hash than the one to begin behind";
    }
    expected_.erase(expected_.begin());
  }
}

bool AuditVerification::Take(const audit::Event& event) {
  if (fault_) return false;
  fault_ = check_.Next(event);
  if (fault_) return false;
  ++events_;
  while (!expected_.empty() && expected_.front().sequence == head().sequence) {
    if (expected_.front() != head()) {
      fault_ = "event " + std::to_string(head().sequence) +
               " has another hash than expected: the log up to it was made anew";
      return false;
    }
    expected_.erase(expected_.begin());
  }
  return true;
}

std::optional<std::string> AuditVerification::Fault() const {
  if (fault_ || expected_.empty()) return fault_;
  return "the log ends with event " + std::to_string(head().sequence) + ", but event " +
         std::to_string(expected_.back().sequence) + " was there: its end was cut off";
}

}  // namespace tokenforge::cli
