#include "lib/telemetry/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "lib/telemetry/json_text.h"
#include "lib/telemetry/log_output.h"
#include "lib/telemetry/random.h"

namespace tokenforge::telemetry {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

// Never destroyed: the last line of a process may come from a destructor of a global.
struct LogState {
  std::atomic<Level> level{Level::kInfo};
  std::atomic<Level> threshold{Level::kWarning};
  std::atomic<std::uint64_t> lost{0};  // by outputs that are closed
  // Shared by those who log, exclusive for those who change where lines go: when a change returns,
  // nobody uses the former output. (sync::Mutex has no shared form.)
  std::shared_mutex mutex;
  std::unique_ptr<LogOutput> output;
  LogSink sink;
  std::string service;

  void Recompute() {
    const bool quiet = output == nullptr && sink == nullptr;
    const Level wanted = level.load();
    threshold = quiet && wanted < Level::kWarning ? Level::kWarning : wanted;
  }
};

LogState& State() {
  static auto* const state = new LogState;
  return *state;
}

void AppendTimestamp(std::string* to) {
  using std::chrono::microseconds;
  const auto since_epoch =
      std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::time_t second = static_cast<std::time_t>(since_epoch.count() / 1'000'000);
  thread_local std::time_t cached = -1;
  thread_local std::array<char, 32> text;
  if (second != cached) {
    std::tm utc{};
    gmtime_r(&second, &utc);
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    cached = second;
  }
  to->append(text.data());
  auto micros = static_cast<unsigned>(since_epoch.count() % 1'000'000);
  std::array<char, 8> fraction = {'.', '0', '0', '0', '0', '0', '0', 'Z'};
  for (std::size_t i = 6; i > 0; --i, micros /= 10)
    fraction[i] = static_cast<char>('0' + micros % 10);
  to->append(fraction.data(), fraction.size());
}

// Keys are literals of ours: nothing in them needs an escape.
void AppendKey(std::string_view key, std::string* to) {
  to->append(",\"").append(key).append("\":");
}

void AppendId(std::string_view key, std::span<const std::uint8_t> id, std::string* to) {
  AppendKey(key, to);
  to->push_back('"');
  AppendHex(id, to);
  to->push_back('"');
}

struct AppendValue {
  std::string* to;
  void operator()(std::string_view text) const { AppendJsonString(text, to); }
  void operator()(std::int64_t number) const { to->append(std::to_string(number)); }
  void operator()(std::uint64_t number) const { to->append(std::to_string(number)); }
  void operator()(double number) const { AppendJsonNumber(number, to); }
  void operator()(bool truth) const { to->append(truth ? "true" : "false"); }
};

void AppendTrace(const TraceContext& trace, std::string* to) {
  AppendId("trace_id", trace.trace_id, to);
  AppendId("span_id", trace.span_id, to);
  AppendKey("request_id", to);
  AppendJsonString(trace.request_id, to);
}

// Last resort, for processes that never started logging: one write, so that lines of threads do not
// mix.
void WriteToStderr(std::string* line) {
  line->push_back('\n');
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line->data(), line->size());
}

void Emit(Level level, std::string_view msg, const TraceContext* trace,
          std::span<const Field> fields) {
  if (!Enabled(level)) return;
  LogState& state = State();
  std::string line;
  line.reserve(384);
  line.append("{\"ts\":\"");
  AppendTimestamp(&line);
  line.append("\",\"level\":\"").append(LevelName(level)).append("\",\"msg\":");
  AppendJsonString(msg, &line);
  if (trace != nullptr) AppendTrace(*trace, &line);
  for (const Field& field : fields) {
    AppendKey(field.key, &line);
    std::visit(AppendValue{&line}, field.value);
  }
  const std::shared_lock lock(state.mutex);
  if (!state.service.empty()) {
    AppendKey("service", &line);
    AppendJsonString(state.service, &line);
  }
  line.push_back('}');
  if (state.sink) {
    state.sink(level, line);
  } else if (state.output) {
    state.output->Put(line);
  } else {
    WriteToStderr(&line);
  }
}

}  // namespace

std::string_view LevelName(Level level) { return kLevels[static_cast<std::size_t>(level)]; }

std::optional<Level> ParseLevel(std::string_view name) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

bool Enabled(Level level) { return level >= State().threshold.load(std::memory_order_relaxed); }

void Log(Level level, std::string_view msg, std::initializer_list<Field> fields) {
  Emit(level, msg, nullptr, {fields.begin(), fields.size()});
}

void Log(Level level, std::string_view msg, const TraceContext& trace,
         std::initializer_list<Field> fields) {
  Emit(level, msg, &trace, {fields.begin(), fields.size()});
}

void LogFields(Level level, std::string_view msg, const TraceContext* trace,
               std::span<const Field> fields) {
  Emit(level, msg, trace, fields);
}

absl::Status StartLogging(const LogOptions& options) {
  LogState& state = State();
  const std::unique_lock lock(state.mutex);
  if (state.output) return absl::FailedPreconditionError("logging runs already");
  auto output = LogOutput::Open(options.file, options.queue);
  if (!output.ok()) return output.status();
  state.output = *std::move(output);
  state.service = options.service;
  state.level = options.level;
  state.Recompute();
  return absl::OkStatus();
}

void SetLogLevel(Level level) {
  LogState& state = State();
  const std::unique_lock lock(state.mutex);
  state.level = level;
  state.Recompute();
}

void FlushLogs() {
  LogState& state = State();
  const std::shared_lock lock(state.mutex);
  if (state.output) state.output->Flush();
}

void StopLogging() {
  LogState& state = State();
  const std::unique_lock lock(state.mutex);
  if (!state.output) return;
  state.lost += state.output->Close();
  state.output.reset();
  state.service.clear();
  state.Recompute();
}

void SetLogSink(LogSink sink) {
  LogState& state = State();
  const std::unique_lock lock(state.mutex);
  state.sink = std::move(sink);
  state.Recompute();
}

std::uint64_t LogLinesDropped() {
  LogState& state = State();
  const std::shared_lock lock(state.mutex);
  return state.lost.load() + (state.output ? state.output->Dropped() : 0);
}

}  // namespace tokenforge::telemetry
