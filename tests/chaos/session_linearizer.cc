// Wing and Gong's search with Lowe's memory of what was tried: take, of the operations that no
// other had to precede, one whose answer fits; when none does, take the last choice back. Two ways
// that took the same operations to the same state need to be followed once only.
#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_set>

#include "tests/chaos/session_history.h"

namespace tokenforge::chaos {
namespace {

constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

// A call or a return, in a list from which taken operations are lifted and put back.
struct Event {
  size_t operation = 0;
  bool is_call = false;
  uint64_t at = 0;
  size_t before = 0, after = 0;
};

class Search {
 public:
  Search(std::vector<Operation> history, const sessions::Policy& policy)
      : history_(std::move(history)), policy_(policy), taken_(history_.size(), '0') {
    std::vector<Event> events;
    for (size_t i = 0; i < history_.size(); ++i) {
      events.push_back({i, true, history_[i].called});
      if (history_[i].answer) events.push_back({i, false, history_[i].returned});
    }
    std::sort(events.begin(), events.end(),
              [](const Event& a, const Event& b) { return a.at < b.at; });
    // 0 is before the first and after the last.
    events_.push_back({0, true, kNever});
    events_.insert(events_.end(), events.begin(), events.end());
    call_.resize(history_.size());
    return_.resize(history_.size());
    for (size_t i = 0; i < events_.size(); ++i) {
      events_[i].before = i == 0 ? events_.size() - 1 : i - 1;
      events_[i].after = i + 1 == events_.size() ? 0 : i + 1;
      if (i > 0) (events_[i].is_call ? call_ : return_)[events_[i].operation] = i;
    }
  }

  Finding Run() {
    size_t at = events_[0].after;
    // At the end of the list only operations without an answer are left: they need not happen.
    while (at != 0) {
      const Event& event = events_[at];
      if (event.is_call) {
        at = Take(event.operation) ? events_[0].after : event.after;
      } else if (path_.empty()) {
        return {false, tried_.size(), Explain()};
      } else {
        at = PutBack();
      }
    }
    return {true, tried_.size(), ""};
  }

 private:
  struct Choice {
    size_t operation;
    UserState before;
  };

  // Whether the operation fits next, and its outcome was not tried before.
  bool Take(size_t operation) {
    const Operation& candidate = history_[operation];
    UserState next = state_;
    const Answer answer = Apply(candidate, policy_, &next);
    if (candidate.answer ? answer != *candidate.answer : next == state_) return false;
    taken_[operation] = '1';
    if (!tried_.insert(taken_ + KeyOf(next)).second) {
      taken_[operation] = '0';
      return false;
    }
    Lift(operation);
    path_.push_back({operation, std::exchange(state_, std::move(next))});
    if (path_.size() > longest_.size()) {
      longest_.clear();
      for (const Choice& choice : path_) longest_.push_back(choice.operation);
      longest_state_ = state_;
    }
    return true;
  }

  // Takes the last choice back; where to look further.
  size_t PutBack() {
    Choice last = std::move(path_.back());
    path_.pop_back();
    state_ = std::move(last.before);
    taken_[last.operation] = '0';
    Unlift(last.operation);
    return events_[call_[last.operation]].after;
  }

  void Remove(size_t event) {
    events_[events_[event].before].after = events_[event].after;
    events_[events_[event].after].before = events_[event].before;
  }
  void Restore(size_t event) {
    events_[events_[event].before].after = event;
    events_[events_[event].after].before = event;
  }
  void Lift(size_t operation) {
    Remove(call_[operation]);
    if (history_[operation].answer) Remove(return_[operation]);
  }
  void Unlift(size_t operation) {
    if (history_[operation].answer) Restore(return_[operation]);
    Restore(call_[operation]);
  }

  static std::string KeyOf(const UserState& state) {
    std::string key;
    const auto put = [&key](const auto& value) {
      key.append(reinterpret_cast<const char*>(&value), sizeof(value));
    };
    for (const Kept& each : state) {
      put(each.id.bytes());
      put(each.lineage.created);
      put(each.lineage.generation);
      put(each.lineage.moves.size());
      for (const sessions::Time move : each.lineage.moves) put(move);
    }
    return key;
  }

  std::string Explain() const {
    constexpr size_t kShown = 12;
    std::string text = std::to_string(longest_.size()) + " of " + std::to_string(history_.size()) +
                       " operations fit into a sequence; its last:\n";
    const size_t from = longest_.size() - std::min(longest_.size(), kShown);
    for (size_t i = from; i < longest_.size(); ++i) {
      text += "  " + history_[longest_[i]].ToString() + "\n";
    }
    text += "then the sessions are\n";
    for (const Kept& each : longest_state_) {
      text += "  " + each.id.ToString().substr(0, 8) + " g=" +  //
              std::to_string(each.lineage.generation) + "\n";
    }
    text += "and nothing of this fits:\n";
    std::vector<const Operation*> left;
    for (size_t i = 0; i < history_.size(); ++i) {
      if (std::find(longest_.begin(), longest_.end(), i) == longest_.end()) {
        left.push_back(&history_[i]);
      }
    }
    std::sort(left.begin(), left.end(),
              [](const auto* a, const auto* b) { return a->called < b->called; });
    left.resize(std::min(left.size(), kShown));
    for (const Operation* each : left) text += "  " + each->ToString() + "\n";
    return text;
  }

  const std::vector<Operation> history_;
  const sessions::Policy policy_;
  std::vector<Event> events_;
  std::vector<size_t> call_, return_;  // an operation's events
  UserState state_;
  std::string taken_;  // '1' for each operation of the path
  std::vector<Choice> path_;
  std::unordered_set<std::string> tried_;
  std::vector<size_t> longest_;
  UserState longest_state_;
};

}  // namespace

Finding CheckHistory(std::vector<Operation> history, const sessions::Policy& policy) {
  return Search(std::move(history), policy).Run();
}

}  // namespace tokenforge::chaos
