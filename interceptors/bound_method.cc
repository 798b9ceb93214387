#include "interceptors/bound_method.h"

#include <algorithm>
#include <utility>

namespace tokenforge::internal {

void RuleSlot::Set(const AccessRule& said, MethodRule rule) {
  const auto same = std::find_if(versions_.begin(), versions_.end(),
                                 [&said](const auto& version) { return version->said == said; });
  const bool known = same != versions_.end();
  if (!known) versions_.push_back(std::make_unique<const Version>(Version{said, std::move(rule)}));
  const Version& version = known ? **same : *versions_.back();
  current_.store(&version.rule, std::memory_order_release);
}

}  // namespace tokenforge::internal
