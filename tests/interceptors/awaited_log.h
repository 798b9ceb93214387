// AwaitedLog: the guard's log while it lives, whose lines a test can wait for. Thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/sync/mutex.h"
#include "lib/telemetry/log.h"
#include "tokenforge/observe.h"

namespace tokenforge::testing {

class AwaitedLog {
 public:
  AwaitedLog() {
    telemetry::SetLogLevel(telemetry::Level::kInfo);
    SetLogSink([this](std::string_view, std::string_view line) {
      sync::MutexLock lock(&mutex_);
      lines_.emplace_back(line);
      changed_.NotifyAll();
    });
  }
  ~AwaitedLog() { SetLogSink({}); }

  // A line with all of these texts, which is taken out; empty when none comes.
  std::string Await(const std::vector<std::string>& texts) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    sync::MutexLock lock(&mutex_);
    while (true) {
      for (auto line = lines_.begin(); line != lines_.end(); ++line) {
        if (!HasAll(*line, texts)) continue;
        std::string found = *line;
        lines_.erase(line);
        return found;
      }
      if (!changed_.WaitUntil(&mutex_, deadline)) return {};
    }
  }

 private:
  static bool HasAll(const std::string& line, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (line.find(text) == std::string::npos) return false;
    }
    return true;
  }
  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::testing
