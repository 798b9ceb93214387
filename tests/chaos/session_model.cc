#include <algorithm>
#include <sstream>

#include "tests/chaos/session_history.h"

namespace tokenforge::chaos {
namespace {

using sessions::Policy;
using sessions::Verdict;

std::vector<uuid::Uuid> IdsOf(const UserState& state) {
  std::vector<uuid::Uuid> ids;
  for (const Kept& each : state) ids.push_back(each.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

UserState::iterator Find(UserState& state, const uuid::Uuid& id) {
  return std::find_if(state.begin(), state.end(), [&](const Kept& each) { return each.id == id; });
}

// Beyond the most, the oldest go; of two made in the same instant, the one that was added first.
Answer Add(const Operation& operation, const Policy& policy, UserState& state) {
  Answer answer;
  std::erase_if(state, [&](const Kept& each) { return each.id == operation.session; });
  while (state.size() >= static_cast<size_t>(policy.max_sessions)) {
    const auto oldest = std::min_element(
        state.begin(), state.end(),
        [](const Kept& a, const Kept& b) { return a.lineage.created < b.lineage.created; });
    answer.ended.push_back(oldest->id);
    state.erase(oldest);
  }
  state.push_back({operation.session, {operation.now, 1, {}}});
  std::sort(answer.ended.begin(), answer.ended.end());
  return answer;
}

Answer Rotate(const Operation& operation, const Policy& policy, UserState& state) {
  const auto found = Find(state, operation.session);
  if (found == state.end()) return {Verdict::kEnded, {}, {}};
  Answer answer{Decide(found->lineage, operation.generation, operation.now, policy), {}, {}};
  if (answer.verdict == Verdict::kSuperseded) return answer;
  answer.seen.push_back(*found);
  if (answer.verdict != Verdict::kReused) return answer;
  if (policy.reuse == sessions::ReusePolicy::kUser) {
    answer.ended = IdsOf(state);
    state.clear();
  } else {
    answer.ended = {found->id};
    state.erase(found);
  }
  return answer;
}

Answer EndAllBut(const uuid::Uuid& kept, UserState& state) {
  UserState ended = state;
  std::erase_if(ended, [&](const Kept& each) { return each.id == kept; });
  std::erase_if(state, [&](const Kept& each) { return each.id != kept; });
  return {Verdict::kEnded, IdsOf(ended), {}};
}

}  // namespace

Answer Apply(const Operation& operation, const Policy& policy, UserState* state) {
  switch (operation.kind) {
    case Operation::Kind::kAdd:
      return Add(operation, policy, *state);
    case Operation::Kind::kRotate:
      return Rotate(operation, policy, *state);
    case Operation::Kind::kEnd: {
      const auto found = Find(*state, operation.session);
      if (found == state->end()) return {};
      state->erase(found);
      return {Verdict::kEnded, {operation.session}, {}};
    }
    case Operation::Kind::kEndAll:
      return EndAllBut(operation.session, *state);
    case Operation::Kind::kList:
      break;
  }
  Answer answer{Verdict::kEnded, {}, *state};
  std::sort(answer.seen.begin(), answer.seen.end(),
            [](const Kept& a, const Kept& b) { return a.id < b.id; });
  return answer;
}

std::string Operation::ToString() const {
  static constexpr const char* kKinds[] = {"Add", "Rotate", "End", "EndAll", "List"};
  static constexpr const char* kVerdicts[] = {"rotated", "repeated",     "superseded", "reused",
                                              "ended",   "other client", "limited"};
  std::ostringstream text;
  text << "[" << called << ", ";
  if (answer) {
    text << returned;
  } else {
    text << "∞";
  }
  text << "] " << kKinds[static_cast<int>(kind)] << "(" << session.ToString().substr(0, 8);
  if (kind == Kind::kRotate) text << " t=" << generation;
  text << " now=" << now.time_since_epoch().count() << ")";
  if (!answer) return text.str() + " → ?";
  text << " →";
  if (kind == Kind::kRotate) text << " " << kVerdicts[static_cast<int>(answer->verdict)];
  for (const Kept& each : answer->seen) {
    text << " " << each.id.ToString().substr(0, 8) << " g=" << each.lineage.generation;
  }
  for (const uuid::Uuid& each : answer->ended) text << " −" << each.ToString().substr(0, 8);
  return text.str();
}

}  // namespace tokenforge::chaos
