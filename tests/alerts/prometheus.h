// Prometheus: a real one of a test's own, on a free port, that scrapes a suite every second and
// evaluates the alerts that ship, in a twentieth of their time (quick_rules.py).
//
// The labels are those that the manifests give: job, namespace. Ends with the object, and takes its
// folder along. One thread. What cannot be started ends the test process.
#pragma once

#include <string>
#include <vector>

#include "tests/system/child_process.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {

class Prometheus {
 public:
  explicit Prometheus(const Suite& suite);
  ~Prometheus();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // The summaries of an alert's instances that fire now; of those with this label, if one is given
  // ("job=keys").
  std::vector<std::string> Firing(const std::string& alert, const std::string& label = "") const;
  // Waits until the alert fires, or does not; false after four minutes.
  bool Await(const std::string& alert, bool fires, const std::string& label = "") const;
  // The same while something goes on: `meanwhile` is called between looks.
  template <class Function>
  bool AwaitWhile(const std::string& alert, bool fires, const std::string& label,
                  const Function& meanwhile) const {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (Firing(alert, label).empty() == fires) {
      if (std::chrono::steady_clock::now() > end) return false;
      meanwhile();
    }
    return true;
  }

 private:
  static constexpr std::chrono::minutes kPatience{4};

  void WriteConfiguration(const Suite& suite) const;

  const int port_;
  std::string folder_;
  ChildProcess process_;
};

}  // namespace tokenforge::systemtest
