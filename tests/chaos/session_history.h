// What several clients did to one user's sessions and what they were told, and whether one
// sequence of whole steps could have told them the same (linearizability).
//
// The sequential object is a user's sessions; users share nothing, so each has a history of its own
// (Herlihy and Wing's locality). Its rule is session_rules' Decide with each operation's own `now`,
// as the store was given it. An operation takes effect at one point between its call and its
// return; one that failed may take effect at any point after its call, or never. Values; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/sessions/session.h"

namespace tokenforge::chaos {

// A session as far as the rules know it.
struct Kept {
  uuid::Uuid id;
  sessions::Lineage lineage;
  friend bool operator==(const Kept&, const Kept&) = default;
};

// What an operation answers, in one form for all of them.
struct Answer {
  sessions::Verdict verdict = sessions::Verdict::kEnded;  // of kRotate
  std::vector<uuid::Uuid> ended;                          // sorted
  std::vector<Kept> seen;  // kList: all; kRotate: the one, except when it says nothing; by ID
  friend bool operator==(const Answer&, const Answer&) = default;
};

struct Operation {
  enum class Kind { kAdd, kRotate, kEnd, kEndAll, kList };
  Kind kind = Kind::kList;
  sessions::Time now;
  uuid::Uuid session;       // kEndAll: the one to keep; nil: none
  uint32_t generation = 0;  // kRotate
  // Positions in one order of all calls and returns.
  uint64_t called = 0;
  uint64_t returned = 0;
  std::optional<Answer> answer;  // none: it failed, and may have happened or happen yet

  std::string ToString() const;
};

// A user's sessions in the order of the store.
using UserState = std::vector<Kept>;

// One operation, as the store must do it.
Answer Apply(const Operation& operation, const sessions::Policy& policy, UserState* state);

struct Finding {
  bool linearizable = true;
  bool decided = true;  // false: given up after too many states; nothing speaks against it
  size_t states = 0;    // that were looked at
  std::string why;    // if not: the longest sequence that there is, and what does not fit after it
};
// All operations on one user, in any order.
Finding CheckHistory(std::vector<Operation> history, const sessions::Policy& policy);

}  // namespace tokenforge::chaos
