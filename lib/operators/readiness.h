// Whether a process should get traffic: a set of named conditions, each of which must have held
// once, and not draining.
//
// Components own their condition: `readiness.Expect("redis")` at construction, then Set when it
// comes and goes. A process with no condition is ready. Once draining it is never ready again.
//
// Why "once": a condition says that a dependency answers, and all replicas share their
// dependencies. If its loss took readiness away, it would take it from all of them together: nobody
// would be left to say CIRCUIT_OPEN, nor to do what needs no dependency (docs/adr/0026). What does
// not hold now is for people, and for alerts.
//
// Thread-safe. Outlives whatever was given a pointer to it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "lib/sync/mutex.h"

namespace tokenforge::operators {

class Readiness {
 public:
  // Declares a condition that does not hold yet; no change when it is known already.
  void Expect(std::string_view name, std::string_view detail = "starting");

  // Says whether a condition holds; `detail` is for people, and must hold no secret.
  void Set(std::string_view name, bool holds, std::string_view detail = "");

  // The same of what the process need not wait for: only reported.
  void Note(std::string_view name, bool holds, std::string_view detail = "");

  // What notes a circuit's state as "circuit NAME", for breaker::Circuit.
  std::function<void(bool open, std::string_view detail)> NotingCircuit(std::string_view name);

  // From now on not ready, for good.
  void SetDraining();

  bool Ready() const;
  bool Draining() const;

  // The state at one instant; `json` is
  // {"ready":false,"draining":false,"conditions":[{"name":"redis","ok":false,"detail":"starting"}],
  //  "version":"0.1.0"} (of the program)
  struct Report {
    bool ready = false;
    std::string json;
  };
  Report Look() const;

  // Calls `listener` now with the present state and then after each change of Ready(), in order and
  // one at a time, on the thread that changed it. A listener must not call back into this object.
  void OnChange(std::function<void(bool ready)> listener);

 private:
  struct Condition {
    bool holds = false;
    bool has_held = false;
    std::string detail;
  };
  void Put(std::string_view name, bool holds, bool has_held, std::string_view detail);
  bool ReadyLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell() ABSL_LOCKS_EXCLUDED(mutex_);

  sync::Mutex telling_;  // taken before mutex_: one listener call at a time
  mutable sync::Mutex mutex_;
  std::map<std::string, Condition, std::less<>> conditions_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::function<void(bool)>> listeners_ ABSL_GUARDED_BY(telling_);
  bool told_ ABSL_GUARDED_BY(telling_) = true;
};

}  // namespace tokenforge::operators
