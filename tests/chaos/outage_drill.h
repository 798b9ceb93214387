// OutageDrill: a suite with a person, a guard and callers, to take a store away from: what callers
// are told and how fast, measured on both sides, until it is back.
//
// The circuits of the suite open for a second instead of thirty, so that a run does not wait;
// TOKENFORGE_DRILL_AS_SHIPPED=1 in the environment leaves everything as it ships.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/connected_guards.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::chaos {

class OutageDrill {
 public:
  using Attempt = std::function<absl::Status()>;

  explicit OutageDrill(systemtest::SuiteOptions options);

  // Starts the suite, registers a person, and waits until the guard takes their token.
  void Start();

  systemtest::Suite& suite() { return suite_; }
  absl::Status Login() const;
  // Of somebody whom nobody knows: what is attempted again and again while nobody can say so would
  // use up an account's attempts.
  absl::Status LoginOfAStranger() const;
  // With the newest token that it has; keeps the successor.
  absl::Status Refresh();
  bool GuardAccepts() const { return guards_->Accepting(tokens_.access_token()) == 1; }

  // Side by side, again and again, until the façade refuses by its circuit of that service. What
  // they were told until then, by reason. Prints how long it took.
  std::map<std::string, int> UntilOpen(const std::string& what, const std::string& service,
                                       const Attempt& attempt) const;

  // A hundred attempts, one after the other, while the circuit is open; prints their times, and the
  // server's own. How many were refused with CIRCUIT_OPEN.
  int Refused(const std::string& what, const std::string& method, const Attempt& attempt) const;

  // Until the attempt succeeds; prints how long after `healed`. False after two minutes.
  bool Recovers(const std::string& what, const Attempt& attempt,
                std::chrono::steady_clock::time_point healed) const;

  // tokenforge_circuit_open of one of the services.
  bool CircuitOpen(const std::string& service, const std::string& dependency) const;

 private:
  systemtest::Suite suite_;
  const std::string email_ = systemtest::FreshEmail();
  std::unique_ptr<systemtest::FacadeClient> client_;
  std::unique_ptr<systemtest::ConnectedGuards> guards_;
  auth::v1::Tokens tokens_;
};

// The sum of a metric's children whose labels hold all of `labels`.
double MetricOf(const systemtest::Suite& suite, const std::string& service,
                const std::string& metric, const std::vector<std::string>& labels);

// Sends a signal to a process and all its children, as a host that freezes does to a server.
void SignalTree(int pid, int signal);

}  // namespace tokenforge::chaos
