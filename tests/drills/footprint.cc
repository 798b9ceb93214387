#include "tests/drills/footprint.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tokenforge::drills {
namespace {

constexpr double kMemoryShare = 1.1;
constexpr double kMemory = 8;
constexpr double kDescriptors = 16;
constexpr double kThreads = 4;

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Of all threads, in the system and outside. "pid (name) state …": the 12th and 13th behind the
// name are utime and stime, in ticks.
double ProcessorSeconds(const std::string& folder) {
  std::ifstream file(folder + "/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

void Footprint::Sample() {
  const std::string folder = "/proc/" + std::to_string(pid_);
  Held held;
  std::ifstream status(folder + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) held.mebibytes = std::atof(line.c_str() + 6) / 1024;
    if (line.starts_with("Threads:")) held.threads = std::atof(line.c_str() + 8);
  }
  std::error_code gone;
  const std::filesystem::directory_iterator descriptors(folder + "/fd", gone);
  if (!gone) held.descriptors = static_cast<double>(std::distance(begin(descriptors), {}));
  held.processor_seconds = ProcessorSeconds(folder);
  held.when = std::chrono::steady_clock::now();
  samples_.push_back(held);
}

double Footprint::millicores() const {
  const Held& first = samples_.front();
  const Held& last = samples_.back();
  const std::chrono::duration<double> time = last.when - first.when;
  return 1000 * (last.processor_seconds - first.processor_seconds) / std::max(time.count(), 1e-3);
}

Footprint::Held Footprint::MedianOf(std::size_t begin, std::size_t end) const {
  std::vector<double> memory, descriptors, threads;
  for (std::size_t i = begin; i < end; ++i) {
    memory.push_back(samples_[i].mebibytes);
    descriptors.push_back(samples_[i].descriptors);
    threads.push_back(samples_[i].threads);
  }
  return {Median(memory), Median(descriptors), Median(threads), 0, {}};
}

std::string Footprint::Growth() const {
  const std::size_t third = samples_.size() / 3;
  const Held before = MedianOf(third, 2 * third);
  const Held after = MedianOf(2 * third, samples_.size());
  std::string growth;
  if (after.mebibytes > before.mebibytes * kMemoryShare + kMemory) growth += " memory";
  if (after.descriptors > before.descriptors + kDescriptors) growth += " descriptors";
  if (after.threads > before.threads + kThreads) growth += " threads";
  return growth.empty() ? "" : name_ + ":" + growth;
}

std::string Footprint::Line() const {
  const std::size_t third = samples_.size() / 3;
  const Held before = MedianOf(third, 2 * third);
  const Held after = MedianOf(2 * third, samples_.size());
  char line[200];
  std::snprintf(
      line, sizeof line,
      "  %-10s MiB %6.1f -> %6.1f   descriptors %4.0f -> %4.0f   threads %3.0f -> %3.0f   "
      "millicores %5.0f",
      name_.c_str(), before.mebibytes, after.mebibytes, before.descriptors, after.descriptors,
      before.threads, after.threads, millicores());
  return line;
}

}  // namespace tokenforge::drills
