#include "tests/drills/tally.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "lib/errors/errors.h"
#include "lib/telemetry/call.h"
#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::drills {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

std::string Now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%H:%M:%S", &utc);
  std::snprintf(text + length, sizeof text - length, ".%03ld", now.tv_nsec / 1'000'000);
  return text;
}

std::string ReasonIn(const grpc::Status& status) {
  errors::v1::RpcStatus details;
  if (!details.ParseFromString(status.error_details())) return {};
  for (const auto& any : details.details()) {
    errors::v1::ErrorInfo info;
    if (any.type_url() == errors::kErrorInfoUrl && info.ParseFromString(any.value())) {
      return info.reason();
    }
  }
  return {};
}

}  // namespace

std::string NameOf(const grpc::Status& status) {
  std::string name(telemetry::CodeName(static_cast<absl::StatusCode>(status.error_code())));
  if (const std::string reason = ReasonIn(status); !reason.empty()) name += " " + reason;
  return name;
}

void Tally::Count(const std::string& method, const grpc::Status& status,
                  std::chrono::steady_clock::duration took) {
  const std::string name = status.ok() ? "" : NameOf(status);
  const sync::MutexLock lock(&mutex_);
  Calls& calls = calls_[method];
  if (status.ok()) {
    ++calls.ok;
    longest_ = std::max(longest_, took);
    return;
  }
  ++calls.failed[name];
  if (examples_.size() >= kExamples) return;
  examples_.push_back(Now() + " " + method + " " + name + ": " + status.error_message() +
                      ", after " + std::to_string(duration_cast<milliseconds>(took).count()) +
                      " ms");
}

std::map<std::string, Tally::Calls> Tally::calls() const {
  const sync::MutexLock lock(&mutex_);
  return calls_;
}

long Tally::ok() const {
  long sum = 0;
  for (const auto& [method, calls] : calls()) sum += calls.ok;
  return sum;
}

long Tally::failed() const {
  long sum = 0;
  for (const auto& [method, calls] : calls()) {
    for (const auto& [reason, count] : calls.failed) sum += count;
  }
  return sum;
}

std::vector<std::string> Tally::examples() const {
  const sync::MutexLock lock(&mutex_);
  return examples_;
}

milliseconds Tally::longest() const {
  const sync::MutexLock lock(&mutex_);
  return duration_cast<milliseconds>(longest_);
}

std::string Tally::Table() const {
  std::string table;
  for (const auto& [method, calls] : calls()) {
    char line[64];
    std::snprintf(line, sizeof line, "  %-14s %8ld ok", method.c_str(), calls.ok);
    table += line;
    for (const auto& [reason, count] : calls.failed) {
      table += ", " + std::to_string(count) + " " + reason;
    }
    table += "\n";
  }
  return table;
}

}  // namespace tokenforge::drills
