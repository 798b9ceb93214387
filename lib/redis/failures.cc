#include "lib/redis/failures.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/errors/errors.h"

namespace tokenforge::redis::failures {
namespace {

using errors::reasons::DEPENDENCY_DOWN;
using std::chrono::milliseconds;

absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

// States of a server that pass, or that another server (after a failover) does not have.
constexpr std::array<std::string_view, 9> kPassing = {"LOADING",     "READONLY",   "OOM",
                                                      "MISCONF",     "BUSY",       "MASTERDOWN",
                                                      "CLUSTERDOWN", "NOREPLICAS", "TRYAGAIN"};

// The word that begins an error, if it looks like a code at all.
std::string_view CodeIn(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  const bool is_code = !word.empty() && word.size() <= 32 &&
                       std::all_of(word.begin(), word.end(),
                                   [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
  return is_code ? word : std::string_view("ERR");
}

// Redis before 7 wraps the error of a command inside a script: "ERR Error running script …: -OOM
// …".
std::string_view Unwrapped(std::string_view text) {
  const size_t inner = text.find(": -");
  return text.starts_with("ERR ") && inner != std::string_view::npos ? text.substr(inner + 3)
                                                                     : text;
}

}  // namespace

absl::Status NotConnected() {
  return errors::MakeRetryable(DEPENDENCY_DOWN, "Redis is not connected; nothing was sent",
                               milliseconds(200));
}

absl::Status ConnectionLost(std::string_view operation, bool sent) {
  return errors::MakeRetryable(
      DEPENDENCY_DOWN,
      absl::StrCat("the connection to Redis was lost during ", Abseil(operation),
                   sent ? "; it may have run" : "; it was not sent"),
      milliseconds(200));
}

absl::Status DeadlinePassed(std::string_view operation, bool sent) {
  return errors::MakeRetryable(
      DEPENDENCY_DOWN,
      absl::StrCat("Redis did not answer ", Abseil(operation), " before its deadline",
                   sent ? "; it may have run" : "; it was not sent"),
      milliseconds(200));
}

absl::Status QueueFull() {
  return errors::MakeRetryable(errors::reasons::OVERLOADED,
                               "too many commands are waiting for Redis; nothing was sent",
                               milliseconds(100));
}

absl::Status ClientClosed() {
  return errors::MakeRetryable(DEPENDENCY_DOWN, "the Redis client is closed; nothing was sent",
                               milliseconds(1000));
}

absl::Status NotReplicated(std::string_view operation) {
  return errors::MakeRetryable(
      DEPENDENCY_DOWN,
      absl::StrCat("too few replicas of Redis have confirmed ", Abseil(operation),
                   " in time; it has run, and may be lost when the server is"),
      milliseconds(500));
}

absl::Status SpansSlots(std::string_view operation) {
  return errors::Make(
      errors::reasons::INTERNAL_FAULT,
      absl::StrCat("the keys of ", Abseil(operation), " do not share a slot; nothing was sent"));
}

absl::Status RedirectedInCircles(std::string_view operation) {
  return errors::MakeRetryable(
      DEPENDENCY_DOWN,
      absl::StrCat("the nodes of the cluster send ", Abseil(operation), " to each other"),
      milliseconds(500));
}

absl::Status NotEverySlotIsServed() {
  return errors::MakeRetryable(DEPENDENCY_DOWN, "the cluster does not serve every slot",
                               milliseconds(500));
}

absl::Status FromServer(std::string_view operation, std::string_view text) {
  const std::string_view code = CodeOf(text);
  const std::string message =
      absl::StrCat("Redis refused ", Abseil(operation), " with ", Abseil(code));
  if (std::find(kPassing.begin(), kPassing.end(), code) != kPassing.end()) {
    return errors::MakeRetryable(DEPENDENCY_DOWN, message, milliseconds(500));
  }
  return errors::Make(errors::reasons::INTERNAL_FAULT, message);
}

std::string_view CodeOf(std::string_view text) { return CodeIn(Unwrapped(text)); }

bool IsUnknownScript(std::string_view text) { return text.starts_with("NOSCRIPT"); }

}  // namespace tokenforge::redis::failures
