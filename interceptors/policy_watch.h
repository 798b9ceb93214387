// PolicyWatch: reads the policy file, and again when it changes.
//
// The content is compared once a second, not the time of change: a tool that keeps times, or a
// mount that lies about them, is not to keep a stricter rule from being seen. A file that cannot be
// read or has faults changes nothing; the log names every fault on a line of its own, and says when
// it is good again. Owns a thread; the destructor ends it.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "interceptors/live_policy.h"
#include "interceptors/ticker.h"

namespace tokenforge::internal {

// The whole file. INVALID_FIELD (`policy_file`): cannot be read, is no regular file, or has more
// than kMaxPolicyBytes.
absl::StatusOr<std::string> ReadPolicyText(const std::string& path);

class PolicyWatch {
 public:
  // `loaded` is what `policy`, which outlives this object, has in force.
  PolicyWatch(std::string path, std::string loaded, LivePolicy& policy);

 private:
  std::chrono::milliseconds Step();
  void TellFaults(std::vector<errors::FieldFault> faults);

  const std::string path_;
  LivePolicy& policy_;
  std::optional<std::string> last_;       // looked at last; the ticker's thread only
  std::vector<errors::FieldFault> told_;  // last; none: all is well
  std::optional<Ticker> ticker_;          // last: stops before the rest goes
};

}  // namespace tokenforge::internal
