// Time in this service: whole milliseconds. Wall time, as stores and rules are told it.
#pragma once

#include <chrono>

namespace tokenforge::sessions {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Span = std::chrono::milliseconds;

}  // namespace tokenforge::sessions
