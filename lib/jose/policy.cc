#include "lib/jose/policy.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"

namespace tokenforge::jose {

absl::StatusOr<ValidationPolicy> ValidationPolicy::Create(PolicyOptions options) {
  std::vector<std::string> mistakes;
  if (options.issuer.empty()) mistakes.emplace_back("the issuer is empty");
  if (options.audiences.empty()) mistakes.emplace_back("no audience is accepted");
  if (std::any_of(options.audiences.begin(), options.audiences.end(),
                  [](const std::string& audience) { return audience.empty(); })) {
    mistakes.emplace_back("an accepted audience is empty");
  }
  if (options.leeway < std::chrono::seconds(0) || options.leeway > kMostLeeway) {
    mistakes.emplace_back("the leeway must lie between 0 and 300 seconds");
  }
  if (options.token_limit == 0 || options.token_limit > kMostTokenBytes) {
    mistakes.emplace_back("the token limit must lie between 1 and 8192 bytes");
  }
  if (!mistakes.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(mistakes, "; "));
  }
  return ValidationPolicy(std::move(options));
}

}  // namespace tokenforge::jose
