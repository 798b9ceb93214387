#include "interceptors/policy_watch.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "lib/telemetry/log.h"

namespace tokenforge::internal {
namespace {

constexpr std::chrono::milliseconds kInterval{1000};
constexpr std::size_t kToldFaults = 50;

absl::Status Unusable(const std::string& path, const std::string& why) {
  return errors::InvalidFields({{"policy_file", path + ": " + why}});
}

std::string Text(const std::vector<errors::FieldFault>& faults) {
  std::string text;
  for (std::size_t i = 0; i < faults.size() && i < kToldFaults; ++i) {
    text += (i == 0 ? "" : "; ") + faults[i].field + ": " + faults[i].description;
  }
  if (faults.size() > kToldFaults) {
    text += "; and " + std::to_string(faults.size() - kToldFaults) + " more";
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadPolicyText(const std::string& path) {
  std::error_code error;
  // A pipe would hold whoever reads it.
  if (!std::filesystem::is_regular_file(path, error)) return Unusable(path, "is no regular file");
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxPolicyBytes + 1, '\0');
  if (!file) return Unusable(path, "cannot be read");
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Unusable(path, "cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxPolicyBytes) return Unusable(path, "is over 1 MiB");
  return text;
}

PolicyWatch::PolicyWatch(std::string path, std::string loaded, LivePolicy& policy)
    : path_(std::move(path)), policy_(policy), last_(std::move(loaded)) {
  ticker_.emplace([this] { return Step(); });
}

std::chrono::milliseconds PolicyWatch::Step() {
  absl::StatusOr<std::string> text = ReadPolicyText(path_);
  std::vector<errors::FieldFault> faults;
  if (!text.ok()) {
    faults = errors::FaultsOf(text.status());
    last_.reset();  // when it comes back, also unchanged, it is looked at
  } else if (*text == last_) {
    return kInterval;
  } else {
    last_ = *std::move(text);
    policy_.Load(*last_, faults);
  }
  if (!faults.empty()) {
    TellFault(Text(faults));
  } else {
    told_.clear();
    telemetry::Log(telemetry::Level::kInfo, "the policy file is in force", {{"file", path_}});
  }
  return kInterval;
}

// Once for each fault, not once a second.
void PolicyWatch::TellFault(const std::string& faults) {
  if (std::exchange(told_, faults) == faults) return;
  telemetry::Log(telemetry::Level::kError,
                 "the policy file cannot be used; the last good rules stay",
                 {{"file", path_}, {"faults", faults}});
}

}  // namespace tokenforge::internal
