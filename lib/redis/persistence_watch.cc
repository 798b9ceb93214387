#include "lib/redis/persistence_watch.h"

#include <algorithm>
#include <utility>

#include "lib/redis/info.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::redis {
namespace {

constexpr std::chrono::seconds kPatienceForInfo{2};

// On the client's thread, or on ours when the command is refused at once.
void Tell(const absl::StatusOr<std::vector<Reply>>& answers) {
  if (!answers.ok() || answers->empty()) return;
  const bool all = std::ranges::all_of(*answers, [](const Reply& answer) {
    const absl::StatusOr<std::string_view> info = answer.AsBytes();
    return info.ok() && KeepsWhatItAcknowledges(*info);
  });
  static const telemetry::GaugeFamily family("tokenforge_redis_persistent",
                                             "Whether Redis writes its append-only file: 1 or 0");
  family.With().Set(all ? 1 : 0);
}

}  // namespace

bool KeepsWhatItAcknowledges(std::string_view info) {
  return InfoField(info, "aof_enabled") == "1" && InfoField(info, "aof_last_write_status") == "ok";
}

PersistenceWatch::PersistenceWatch(Client& client, std::chrono::milliseconds pace)
    : client_(client), pace_(pace), thread_([this] { Loop(); }) {}

PersistenceWatch::~PersistenceWatch() { Stop(); }

void PersistenceWatch::Stop() {
  {
    sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void PersistenceWatch::Loop() {
  for (;;) {
    Ask();
    const auto next = std::chrono::steady_clock::now() + pace_;
    sync::MutexLock lock(&mutex_);
    while (!stopping_ && stop_.WaitUntil(&mutex_, next)) {
    }
    if (stopping_) return;
  }
}

void PersistenceWatch::Ask() {
  Command ask({"INFO", "persistence"});
  client_.RunOnEach(std::move(ask), std::chrono::steady_clock::now() + kPatienceForInfo, Tell);
}

}  // namespace tokenforge::redis
