// The log of a process: one JSON object a line, `ts` (RFC 3339, UTC, µs), `level`, `msg`, then the
// fields given.
//
//   telemetry::Log(Level::kInfo, "listening", {{"port", port}, {"tls", true}});
//
// Logging never blocks a call: lines go through a bounded queue to one writer thread; when it is
// full the oldest line is dropped and counted. Nothing that came from outside can forge a line or
// hide in a terminal: control characters, ESC, DEL and Unicode's bidirectional controls are
// escaped, and invalid UTF-8 is replaced by U+FFFD. Secrets have no way in: a field is a string, a
// number or a boolean, and secret::Secret is none of them.
//
// A process that never starts logging (a test of another team that links the guard) sees warnings
// and errors on stderr, written at once, and nothing else. A platform with its own log takes the
// lines with SetLogSink.
//
// All functions are thread-safe. Field holds views: it lives for the one call of Log.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "absl/status/status.h"
#include "lib/telemetry/trace.h"

namespace tokenforge::telemetry {

enum class Level { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning", "error", as lines and configuration write them.
std::string_view LevelName(Level level);
std::optional<Level> ParseLevel(std::string_view name);

// A key and a typed value. The key is a literal of ours, in snake_case.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, std::floating_point auto v) : key(k), value(static_cast<double>(v)) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Field(std::string_view k, T v) : key(k), value(Widen(v)) {}

  std::string_view key;
  Value value;

 private:
  template <class T>
  static Value Widen(T v) {
    if constexpr (std::is_signed_v<T>) {
      return static_cast<std::int64_t>(v);
    } else {
      return static_cast<std::uint64_t>(v);
    }
  }
};

// True when a line of this level would be written: asks before work is done for a line.
bool Enabled(Level level);

void Log(Level level, std::string_view msg, std::initializer_list<Field> fields = {});

// The same with trace_id, span_id and request_id of a call.
void Log(Level level, std::string_view msg, const TraceContext& trace,
         std::initializer_list<Field> fields = {});

// The same for fields gathered at run time; `trace` may be null.
void LogFields(Level level, std::string_view msg, const TraceContext* trace,
               std::span<const Field> fields);

struct LogOptions {
  Level level = Level::kInfo;
  std::string file = {};     // appended to; empty: stderr
  std::string service = {};  // written as `service` in every line unless empty
  std::size_t queue = 8192;  // lines
};

// Starts the writer thread. Fails when the file cannot be opened, or FAILED_PRECONDITION when
// logging runs already.
absl::Status StartLogging(const LogOptions& options);

void SetLogLevel(Level level);

// Waits until everything logged so far has been written.
void FlushLogs();

// Flushes and joins the writer thread; later lines are treated as before StartLogging. Harmless
// when not started.
void StopLogging();

// Sends every line (without its newline) to `sink` instead, on the thread that logs: it must be
// thread-safe, must not block and must not log. An empty function restores the former output.
using LogSink = std::function<void(Level, std::string_view line)>;
void SetLogSink(LogSink sink);

// Lines lost because the queue was full or the file could not be written, since the process
// started.
std::uint64_t LogLinesDropped();

}  // namespace tokenforge::telemetry
