#include "lib/telemetry/process_metrics.h"

#include <prometheus/metric_family.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "lib/telemetry/log.h"

namespace tokenforge::telemetry {
namespace {

prometheus::MetricFamily Single(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  metric.counter.value = value;
  return {name, help, type, {metric}};
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OpenFiles() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return 0;
  return static_cast<double>(std::distance(begin(entries), end(entries)));
}

double StartTime() {
  static const double kStarted = [] {
    std::ifstream stat("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), std::istreambuf_iterator<char>());
    // The name in parentheses may hold blanks; after it, field 22 is the start in ticks since boot.
    std::size_t at = text.rfind(')');
    for (int field = 2; field < 22 && at != std::string::npos; ++field) {
      at = text.find(' ', at + 1);
    }
    if (at == std::string::npos) return 0.0;
    const double ticks = std::strtod(text.c_str() + at, nullptr);
    timespec now{};
    timespec up{};
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    const double boot = static_cast<double>(now.tv_sec - up.tv_sec);
    return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }();
  return kStarted;
}

}  // namespace

void AppendProcessMetrics(std::vector<prometheus::MetricFamily>* families) {
  using prometheus::MetricType;
  families->push_back(Single("process_resident_memory_bytes", "Resident memory", MetricType::Gauge,
                             ResidentBytes()));
  families->push_back(Single("process_cpu_seconds_total", "User and system CPU time",
                             MetricType::Counter, CpuSeconds()));
  families->push_back(
      Single("process_open_fds", "Open file descriptors", MetricType::Gauge, OpenFiles()));
  families->push_back(Single("process_start_time_seconds", "Start of the process, Unix time",
                             MetricType::Gauge, StartTime()));
  families->push_back(Single("tokenforge_log_lines_dropped_total",
                             "Log lines lost to a full queue or a failing output",
                             MetricType::Counter, static_cast<double>(LogLinesDropped())));
}

}  // namespace tokenforge::telemetry
