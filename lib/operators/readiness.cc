#include "lib/operators/readiness.h"

#include <algorithm>

#include "lib/telemetry/json_text.h"

namespace tokenforge::operators {

void Readiness::Expect(std::string_view name, std::string_view detail) {
  {
    sync::MutexLock lock(&mutex_);
    if (conditions_.contains(name)) return;
    conditions_.emplace(std::string(name), Condition{false, false, std::string(detail)});
  }
  Tell();
}

void Readiness::Set(std::string_view name, bool holds, std::string_view detail) {
  Put(name, holds, holds, detail);
}

void Readiness::Note(std::string_view name, bool holds, std::string_view detail) {
  Put(name, holds, true, detail);
}

std::function<void(bool, std::string_view)> Readiness::NotingCircuit(std::string_view name) {
  return [this, condition = "circuit " + std::string(name)](bool open, std::string_view detail) {
    Note(condition, !open, detail);
  };
}

void Readiness::Put(std::string_view name, bool holds, bool has_held, std::string_view detail) {
  {
    sync::MutexLock lock(&mutex_);
    auto known = conditions_.find(name);
    if (known == conditions_.end())
      known = conditions_.emplace(std::string(name), Condition()).first;
    Condition& condition = known->second;
    condition = {holds, has_held || condition.has_held, std::string(detail)};
  }
  Tell();
}

void Readiness::SetDraining() {
  {
    sync::MutexLock lock(&mutex_);
    draining_ = true;
  }
  Tell();
}

bool Readiness::Ready() const {
  sync::MutexLock lock(&mutex_);
  return ReadyLocked();
}

bool Readiness::Draining() const {
  sync::MutexLock lock(&mutex_);
  return draining_;
}

bool Readiness::ReadyLocked() const {
  return !draining_ &&
         std::ranges::all_of(conditions_, [](const auto& named) { return named.second.has_held; });
}

Readiness::Report Readiness::Look() const {
  sync::MutexLock lock(&mutex_);
  const auto truth = [](bool value) { return value ? "true" : "false"; };
  Report report{.ready = ReadyLocked(), .json = "{\"ready\":"};
  std::string& json = report.json;
  json.append(truth(report.ready)).append(",\"draining\":").append(truth(draining_));
  json.append(",\"conditions\":[");
  for (bool first = true; const auto& [name, condition] : conditions_) {
    json.append(first ? "{\"name\":" : ",{\"name\":");
    telemetry::AppendJsonString(name, &json);
    json.append(",\"ok\":").append(truth(condition.holds)).append(",\"detail\":");
    telemetry::AppendJsonString(condition.detail, &json);
    json.append("}");
    first = false;
  }
  json.append("],\"version\":\"" TOKENFORGE_VERSION "\"}");
  return report;
}

void Readiness::OnChange(std::function<void(bool ready)> listener) {
  sync::MutexLock telling(&telling_);
  // What this listener is told, and what the others were told last, is the same state: they stay in
  // step.
  listener(told_);
  listeners_.push_back(std::move(listener));
}

// Of two threads that changed the state, whichever comes second finds nothing new to tell: the
// first told the state of both changes.
void Readiness::Tell() {
  sync::MutexLock telling(&telling_);
  const bool ready = Ready();
  if (ready == told_) return;
  told_ = ready;
  for (const auto& listener : listeners_) listener(ready);
}

}  // namespace tokenforge::operators
