// The writer behind the log: spdlog's bounded queue and thread, over a file descriptor. For log.cc
// only.
//
// Put() is thread-safe and never waits for the disk or the terminal. The owner makes sure that no
// Put() runs when the destructor does; the destructor writes what is queued and joins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tokenforge::telemetry {

class LogOutput {
 public:
  // `file` is appended to; empty means stderr.
  static absl::StatusOr<std::unique_ptr<LogOutput>> Open(const std::string& file,
                                                         std::size_t queue);
  ~LogOutput();

  void Put(std::string_view line);

  // Waits until every line put before has been written or dropped.
  void Flush();

  // Lines lost so far.
  std::uint64_t Dropped() const;

  // Writes what is queued and joins the thread; says how many lines were lost in all.
  std::uint64_t Close();

 private:
  class Sink;
  struct State;
  explicit LogOutput(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tokenforge::telemetry
