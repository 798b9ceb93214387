// Wing and Gong's search with Lowe's memory of what was tried: take, of the operations that no
// other had to precede, one whose answer fits; when none does, take the last choice back. Two ways
// that took the same operations to the same state need to be followed once only.
//
// Operations without an answer are tried last: one that happened is missed at once by the next that
// saw it, and is put in there; taken early, each of those that did not happen would be found out
// late, in every combination with the others.
#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_set>

#include "tests/chaos/session_history.h"

namespace tokenforge::chaos {
namespace {

constexpr size_t kMostStates = 2'000'000;

class Search {
 public:
  Search(std::vector<Operation> history, const sessions::Policy& policy)
      : history_(std::move(history)), policy_(policy), taken_(history_.size(), '0') {
    std::sort(history_.begin(), history_.end(),
              [](const Operation& a, const Operation& b) { return a.called < b.called; });
    for (const Operation& each : history_) answers_left_ += each.answer.has_value();
  }

  Finding Run() {
    path_.push_back({Candidates(), 0, 0, {}});
    while (answers_left_ > 0) {
      if (tried_.size() > kMostStates) return {true, false, tried_.size(), ""};
      Step& step = path_.back();
      if (step.next < step.candidates.size()) {
        const size_t operation = step.candidates[step.next++];
        if (Take(operation)) path_.push_back({Candidates(), 0, operation, std::move(before_)});
      } else if (path_.size() == 1) {
        return {false, true, tried_.size(), Explain()};
      } else {
        PutBack();
      }
    }
    return {true, true, tried_.size(), ""};
  }

 private:
  // What can come next, how far that was tried, and how one came here.
  struct Step {
    std::vector<size_t> candidates;
    size_t next;
    size_t taken;
    UserState before;
  };

  // Every operation that was called before the first of all returns that are left.
  std::vector<size_t> Candidates() {
    while (first_left_ < taken_.size() && taken_[first_left_] == '1') ++first_left_;
    uint64_t first_return = std::numeric_limits<uint64_t>::max();
    std::vector<size_t> answered, unanswered;
    for (size_t i = first_left_; i < history_.size() && history_[i].called < first_return; ++i) {
      if (taken_[i] == '1') continue;
      (history_[i].answer ? answered : unanswered).push_back(i);
      if (history_[i].answer) first_return = std::min(first_return, history_[i].returned);
    }
    answered.insert(answered.end(), unanswered.begin(), unanswered.end());
    return answered;
  }

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
    answers_left_ -= candidate.answer.has_value();
    before_ = std::exchange(state_, std::move(next));
    if (path_.size() > longest_.size()) {
      longest_.clear();
      for (const Step& step : path_) longest_.push_back(step.taken);
      longest_.erase(longest_.begin());
      longest_.push_back(operation);
      longest_state_ = state_;
    }
    return true;
  }

  void PutBack() {
    Step& last = path_.back();
    state_ = std::move(last.before);
    taken_[last.taken] = '0';
    answers_left_ += history_[last.taken].answer.has_value();
    first_left_ = std::min(first_left_, last.taken);
    path_.pop_back();
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

  std::vector<Operation> history_;  // by their calls
  const sessions::Policy policy_;
  UserState state_;
  UserState before_;   // the last taken
  std::string taken_;  // '1' for each operation of the path
  size_t first_left_ = 0;
  size_t answers_left_ = 0;
  std::vector<Step> path_;
  std::unordered_set<std::string> tried_;
  std::vector<size_t> longest_;
  UserState longest_state_;
};

}  // namespace

Finding CheckHistory(std::vector<Operation> history, const sessions::Policy& policy) {
  return Search(std::move(history), policy).Run();
}

}  // namespace tokenforge::chaos
