// Facts: everything that the status page knows, as values, each with its age.
//
// No email, no address, no name of a device and no token is ever in here: what is not collected
// cannot be shown by mistake. Of people there are the last digits of their user IDs, enough to see
// that two lines are about the same one, and to find the whole event in the audit log.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "services/auth/status/hour.h"

namespace tokenforge::auth::status {

// What another service was asked for: its last answer, and how asking goes now.
template <class T>
struct Answer {
  T value = {};                                             // the last one that came
  std::optional<clock::SteadyTime> at = std::nullopt;       // when; never: nothing came yet
  std::optional<clock::SteadyTime> failing = std::nullopt;  // since when nothing comes
  std::string reason = {};                                  // why, one of contract section 3
};

enum class Link { kConnected, kConnecting, kLost, kIdle };

struct Service {
  std::string name = {};
  Link link = Link::kIdle;
  bool circuit_open = false;
};

enum class KeyState { kActive, kNext, kRetired, kRevoked, kOther };  // as they are listed

struct Key {
  std::string kid = {};
  std::string algorithm = {};
  KeyState state = KeyState::kOther;
  std::optional<clock::WallTime> created = std::nullopt;
  std::optional<clock::WallTime> activated = std::nullopt;
  std::optional<clock::WallTime> ended = std::nullopt;  // retired or revoked
};

// The guards of one replica of the façade.
struct Guards {
  std::string replica = {};
  bool own = false;
  int connected = 0;
  int behind = 0;                     // of them, those that do not enforce the newest keys
  std::vector<std::string> who = {};  // some of those that are behind, by their own word
};

struct Event {
  std::int64_t sequence = 0;
  clock::WallTime time = {};
  std::string kind = {};
  std::string whom = {};    // in words of WhomOf
  std::string actor = {};   // in words of WhomOf
  std::string reason = {};  // of kinds whose reason is no person's business
};

struct Facts {
  clock::WallTime started = {};
  std::optional<clock::SteadyTime> looked =
      std::nullopt;  // when this process last looked at itself
  bool ready = false;
  bool draining = false;
  bool stopped = false;  // nobody looks any more: the process ends
  std::array<Service, 3> services = {};
  std::optional<clock::SteadyTime> revocations_heard = std::nullopt;
  Answer<std::vector<Key>> keys = {};
  Answer<std::vector<Guards>> guards =
      {};  // of other replicas too, as far as the keys service knows
  Answer<std::vector<Event>> events = {};
  Hour hour = Hour();
};

// What asking had as an answer, or the reason why there was none.
template <class T>
void Heard(Answer<T>& answer, clock::SteadyTime now, T value) {
  answer = {std::move(value), now, std::nullopt, {}};
}
template <class T>
void NotHeard(Answer<T>& answer, clock::SteadyTime now, std::string reason) {
  if (!answer.failing.has_value()) answer.failing = now;
  answer.reason = std::move(reason);
}

// Somebody of an audit event, without saying more than needed: "user …52c0de9f", the SPIFFE ID of a
// service, "" for nobody, "other" for what is neither.
std::string WhomOf(const std::string& id);

// Whether the reason of such an event says something about the suite and nothing about a person.
bool MayShowReason(const std::string& kind);

// What an operator should look at, in sentences; empty when all is well.
std::vector<std::string> ProblemsOf(const Facts& facts, clock::SteadyTime now);

}  // namespace tokenforge::auth::status
