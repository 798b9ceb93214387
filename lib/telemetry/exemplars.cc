#include "lib/telemetry/exemplars.h"

#include <algorithm>
#include <map>
#include <memory>
#include <thread>

#include "lib/sync/mutex.h"

namespace tokenforge::telemetry {
namespace {

struct Known {
  sync::Mutex mutex;
  std::map<std::string, std::unique_ptr<Exemplars>> by_child ABSL_GUARDED_BY(mutex);
};

Known& OfProcess() {
  static auto* const known = new Known;
  return *known;
}

std::string KeyOf(std::string_view family, const Labels& labels) {
  std::string key(family);
  for (const auto& [name, value] : labels) key.append("\n").append(name).append("=").append(value);
  return key;
}

}  // namespace

Exemplars::Exemplars(std::vector<double> bounds)
    : bounds_(std::move(bounds)), last_(bounds_.size() + 1) {}

void Exemplars::Note(double value, const TraceContext& context) {
  const auto bucket =
      static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
  if (busy_.test_and_set(std::memory_order_acquire)) return;
  last_[bucket] = {context.trace_id, context.span_id, value, std::chrono::system_clock::now()};
  busy_.clear(std::memory_order_release);
}

std::vector<std::optional<Exemplar>> Exemplars::All() {
  while (busy_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  std::vector<std::optional<Exemplar>> all = last_;
  busy_.clear(std::memory_order_release);
  return all;
}

Exemplars* ExemplarsOf(std::string_view family, const Labels& labels,
                       const std::vector<double>& bounds) {
  Known& known = OfProcess();
  const sync::MutexLock lock(&known.mutex);
  auto& made = known.by_child[KeyOf(family, labels)];
  if (made == nullptr) made = std::make_unique<Exemplars>(bounds);
  return made.get();
}

Exemplars* FindExemplars(std::string_view family, const Labels& labels) {
  Known& known = OfProcess();
  const sync::MutexLock lock(&known.mutex);
  const auto found = known.by_child.find(KeyOf(family, labels));
  return found == known.by_child.end() ? nullptr : found->second.get();
}

}  // namespace tokenforge::telemetry
