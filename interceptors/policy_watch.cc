#include "interceptors/policy_watch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "lib/telemetry/log.h"

namespace tokenforge::internal {
namespace {

constexpr std::chrono::milliseconds kInterval{1000};
constexpr std::size_t kToldFaults = 100;

absl::Status Unusable(const std::string& path, const std::string& why) {
  return errors::InvalidFields({{"policy_file", path + ": " + why}});
}

bool Same(const std::vector<errors::FieldFault>& a, const std::vector<errors::FieldFault>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const errors::FieldFault& one, const errors::FieldFault& other) {
                      return one.field == other.field && one.description == other.description;
                    });
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
    TellFaults(std::move(faults));
  } else {
    told_.clear();
    telemetry::Log(telemetry::Level::kInfo, "the policy file is in force", {{"file", path_}});
  }
  return kInterval;
}

// Each once, not once a second.
void PolicyWatch::TellFaults(std::vector<errors::FieldFault> faults) {
  if (Same(faults, told_)) return;
  constexpr std::string_view kMessage = "the policy file cannot be used; the last good rules stay";
  for (std::size_t i = 0; i < faults.size() && i < kToldFaults; ++i) {
    telemetry::Log(telemetry::Level::kError, kMessage,
                   {{"file", path_}, {"where", faults[i].field}, {"what", faults[i].description}});
  }
  if (faults.size() > kToldFaults) {
    telemetry::Log(telemetry::Level::kError, kMessage,
                   {{"file", path_}, {"more_faults", faults.size() - kToldFaults}});
  }
  told_ = std::move(faults);
}

}  // namespace tokenforge::internal
