#include "services/auth/status/facts.h"

#include <algorithm>

#include "lib/uuid/uuid.h"
#include "services/auth/status/words.h"

namespace tokenforge::auth::status {
namespace {

constexpr std::size_t kShownDigits = 8;

template <class T>
void JudgeAnswer(const Answer<T>& answer, const char* what, clock::SteadyTime now,
                 std::vector<std::string>& problems) {
  if (!answer.failing.has_value()) return;
  problems.push_back(std::string(what) + " cannot be read since " +
                     SpanText(now - *answer.failing) + " (" + answer.reason + ")");
}

void JudgeServices(const Facts& facts, std::vector<std::string>& problems) {
  for (const Service& service : facts.services) {
    if (service.link == Link::kLost) {
      problems.push_back("there is no connection to " + service.name);
    }
    if (service.circuit_open) {
      problems.push_back("the circuit of " + service.name + " is open: it is not asked");
    }
  }
}

void JudgeKeys(const Facts& facts, std::vector<std::string>& problems) {
  if (facts.keys.at.has_value() && std::ranges::none_of(facts.keys.value, [](const Key& key) {
        return key.state == KeyState::kActive;
      })) {
    problems.emplace_back("no signing key is active");
  }
  int behind = 0;
  for (const Guards& guards : facts.guards.value) behind += guards.behind;
  if (behind > 0) {
    problems.push_back(std::to_string(behind) + (behind == 1 ? " guard does" : " guards do") +
                       " not enforce the newest signing keys yet");
  }
}

}  // namespace

std::string WhomOf(const std::string& id) {
  if (id.empty()) return "";
  if (id.starts_with("spiffe://")) return id;
  if (!uuid::Uuid::Parse(id).has_value()) return "other";
  return "user …" + id.substr(id.size() - kShownDigits);
}

bool MayShowReason(const std::string& kind) {
  return kind.starts_with("key.") || kind.starts_with("keys.") || kind == "sessions.all_ended" ||
         kind == "login.failed";
}

std::vector<std::string> ProblemsOf(const Facts& facts, clock::SteadyTime now) {
  std::vector<std::string> problems;
  if (facts.stopped || facts.draining) {
    problems.emplace_back("this replica is going: it takes no new work");
  } else if (!facts.ready) {
    problems.emplace_back("this replica is not ready");
  }
  if (facts.looked.has_value() && now - *facts.looked > kStale) {
    problems.push_back("this page has stood still since " + SpanText(now - *facts.looked));
  }
  JudgeServices(facts, problems);
  JudgeKeys(facts, problems);
  JudgeAnswer(facts.keys, "signing keys", now, problems);
  JudgeAnswer(facts.events, "the audit log", now, problems);
  return problems;
}

}  // namespace tokenforge::auth::status
