// Retry: how long to wait before a batch is sent again, and when to give it up.
//
// Exponential from 500 ms to 15 s, each wait spread over its upper half so that many processes do
// not come back together, never before the collector's own wish, and no attempt that would begin
// after the batch's time. Takes time and randomness as arguments. One batch each; not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace tokenforge::otlp {

class Retry {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // For a batch that is first sent at `begin`, and is given up `keep_trying` later.
  Retry(Time begin, std::chrono::milliseconds keep_trying) : until_(begin + keep_trying) {}

  // After an attempt that failed at `now`: the pause before the next one; nothing: give it up.
  std::optional<std::chrono::milliseconds> Next(Time now, std::chrono::milliseconds wish,
                                                std::uint64_t random);

 private:
  const Time until_;
  int failed_ = 0;
};

}  // namespace tokenforge::otlp
