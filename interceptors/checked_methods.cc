#include "interceptors/checked_methods.h"

#include <utility>

namespace tokenforge::internal {
namespace {

// "/pkg.Service/Method" without its first slash; empty when it is anything else.
std::string_view TargetOf(std::string_view path) {
  if (!path.starts_with('/')) return {};
  path.remove_prefix(1);
  const std::size_t slash = path.find('/');
  const bool sound = slash != std::string_view::npos && slash > 0 && slash + 1 < path.size() &&
                     path.find('/', slash + 1) == std::string_view::npos;
  return sound ? path : std::string_view();
}

std::string ServiceOf(std::string_view target) {
  return std::string(target.substr(0, target.find('/')));
}

// Names that come from the network or from a wildcard share one label in the metrics.
telemetry::ServerMethod MetricsOf(const std::string& target) {
  const bool named = target.find('/') != std::string::npos;
  return named ? telemetry::ServerMethod::Of(target) : telemetry::ServerMethod::Other();
}

}  // namespace

void CheckedMethods::Add(const BoundMethod& method) { methods_.emplace(method.path, &method); }

void CheckedMethods::AcceptGeneric(const std::vector<std::string>& open) {
  has_generic_ = true;
  open_.insert(open.begin(), open.end());
}

void CheckedMethods::SetGeneric(std::map<std::string, GenericRule> rules) {
  sync::MutexLock lock(&mutex_);
  for (auto& [target, method] : generic_) {
    if (!rules.contains(target)) method->rule.Clear();
  }
  for (auto& [target, rule] : rules) {
    auto& method = generic_[target];
    if (method == nullptr) {
      method = std::make_unique<BoundMethod>("/" + target, MetricsOf(target));
      method->streaming = true;
    }
    method->rule.Set(rule.said, std::move(rule.rule));
  }
}

const BoundMethod* CheckedMethods::FindGeneric(const std::string& target) const {
  const auto found = generic_.find(target);
  if (found == generic_.end() || found->second->rule.Get() == nullptr) return nullptr;
  return found->second.get();
}

const BoundMethod* CheckedMethods::Find(std::string_view path) const {
  if (const auto found = methods_.find(std::string(path)); found != methods_.end()) {
    return found->second;
  }
  const std::string_view target = TargetOf(path);
  if (!has_generic_ || target.empty() || open_.contains(ServiceOf(target))) return nullptr;
  sync::MutexLock lock(&mutex_);
  for (const std::string& name : {std::string(target), ServiceOf(target), std::string("*")}) {
    if (const BoundMethod* const method = FindGeneric(name)) return method;
  }
  return nullptr;
}

bool CheckedMethods::MustBeChecked(std::string_view path) const {
  if (methods_.contains(std::string(path))) return true;
  return has_generic_ && !open_.contains(ServiceOf(TargetOf(path)));
}

}  // namespace tokenforge::internal
