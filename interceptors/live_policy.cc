#include "interceptors/live_policy.h"

#include <utility>

#include "lib/telemetry/log.h"

namespace tokenforge::internal {
namespace {

using Faults = std::vector<errors::FieldFault>;

bool Same(const Override& a, const Override& b) {
  return a.now == b.now && a.because == b.because && a.looser == b.looser;
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : "; ") + text;
  return joined;
}

void TellOverride(const Override& one) {
  const auto level = one.looser.empty() ? telemetry::Level::kInfo : telemetry::Level::kWarning;
  telemetry::Log(level, "the policy file overrides a rule",
                 {{"method", one.method},
                  {"declared", Describe(one.before)},
                  {"in_force", Describe(one.now)},
                  {"looser", Joined(one.looser)},
                  {"because", one.because},
                  {"line", one.line}});
}

void TellEnd(const Override& one) {
  telemetry::Log(telemetry::Level::kInfo, "the policy file no longer overrides a rule",
                 {{"method", one.method}, {"in_force", Describe(one.before)}});
}

}  // namespace

LivePolicy::LivePolicy(PolicyBase base, PolicySetting setting, std::vector<BoundMethod*> methods,
                       CheckedMethods& checked)
    : base_(std::move(base)),
      setting_(std::move(setting)),
      methods_(std::move(methods)),
      checked_(checked) {}

LivePolicy::Compiled LivePolicy::Compute(const std::optional<std::string>& text,
                                         Faults& faults) const {
  Compiled compiled;
  const PolicyFile file = text ? ReadPolicyFile(*text, faults) : PolicyFile();
  compiled.policy = LayOver(base_, file, setting_, faults);
  for (std::size_t i = 0; i < base_.methods.size(); ++i) {
    const std::string& name = base_.methods[i].name;
    compiled.rules.push_back(
        Compile(compiled.policy.rules[i], name, setting_.trust_domain, faults));
    CheckFrozen(name, compiled.rules.back(), faults);
  }
  for (const auto& [target, rule] : compiled.policy.generic) {
    MethodRule ready = Compile(rule, target, setting_.trust_domain, faults);
    CheckFrozen(target, ready, faults);
    compiled.generic.emplace(target, CheckedMethods::GenericRule{rule, std::move(ready)});
  }
  return compiled;
}

void LivePolicy::CheckFrozen(const std::string& name, const MethodRule& rule,
                             Faults& faults) const {
  if (!frozen_) return;
  if (rule.needs_token && !has_keys_) {
    faults.push_back({name, "asks for a token, but the server was started without keys"});
  }
  if (!rule.audience.empty() && !known_audiences_.contains(rule.audience)) {
    faults.push_back({name, "audience: \"" + rule.audience +
                                "\" is in no rule that the server was started with: restart it"});
  }
}

void LivePolicy::Load(const std::optional<std::string>& text, Faults& faults) {
  const std::size_t before = faults.size();
  Compiled compiled = Compute(text, faults);
  // Before the first load the methods have no rule, and get one even if the server does not start:
  // the checks of the plan that follow look at them.
  const bool first = policy_.rules.empty();
  if (faults.size() != before && !first) return;
  for (std::size_t i = 0; i < methods_.size(); ++i) {
    methods_[i]->rule.Set(compiled.policy.rules[i], std::move(compiled.rules[i]));
  }
  checked_.SetGeneric(std::move(compiled.generic));
  policy_ = std::move(compiled.policy);
  const std::map<std::string, Override> told = std::exchange(overrides_, {});
  for (const Override& one : policy_.overrides) overrides_.emplace(one.method, one);
  if (telling_) Tell(told);
}

std::string LivePolicy::MethodWithToken() const {
  for (const BoundMethod* const method : methods_) {
    if (method->rule.Get()->needs_token) return method->path.substr(1);
  }
  Faults ignored;
  for (const auto& [target, rule] : policy_.generic) {
    if (Compile(rule, target, setting_.trust_domain, ignored).needs_token) return target;
  }
  return {};
}

std::set<std::string> LivePolicy::Audiences() const {
  std::set<std::string> audiences;
  for (const AccessRule& rule : policy_.rules) audiences.insert(rule.audience);
  for (const auto& [target, rule] : policy_.generic) audiences.insert(rule.audience);
  audiences.erase("");
  return audiences;
}

void LivePolicy::Freeze(bool has_keys, std::vector<std::string> audiences) {
  frozen_ = true;
  has_keys_ = has_keys;
  known_audiences_ = {audiences.begin(), audiences.end()};
}

void LivePolicy::BeginToTell() {
  telling_ = true;
  Tell({});
}

void LivePolicy::Tell(const std::map<std::string, Override>& before) const {
  for (const auto& [method, one] : overrides_) {
    const auto was = before.find(method);
    if (was == before.end() || !Same(was->second, one)) TellOverride(one);
  }
  for (const auto& [method, one] : before) {
    if (!overrides_.contains(method)) TellEnd(one);
  }
}

}  // namespace tokenforge::internal
