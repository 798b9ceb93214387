#include "lib/redis/store_clock.h"

#include <algorithm>
#include <future>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"

namespace tokenforge::redis {
namespace {

using Answers = absl::StatusOr<std::vector<Reply>>;

// What no clock says, and a sum with it might overflow.
constexpr std::int64_t kYear3000 = 32'503'680'000;

// TIME: seconds and microseconds, as texts.
absl::StatusOr<clock::WallTime> TimeIn(const Reply& reply) {
  const auto parts = reply.AsArrayOf(2);
  if (!parts.ok()) return parts.status();
  std::int64_t numbers[2] = {};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto text = (*parts)[i].AsBytes();
    if (!text.ok()) return text.status();
    if (!absl::SimpleAtoi({text->data(), text->size()}, &numbers[i])) {
      return absl::InternalError("TIME is no number");
    }
  }
  if (numbers[0] < 0 || numbers[0] > kYear3000 || numbers[1] < 0 || numbers[1] >= 1'000'000) {
    return absl::InternalError("TIME is no time");
  }
  return clock::WallTime(std::chrono::duration_cast<clock::WallTime::duration>(
      std::chrono::seconds(numbers[0]) + std::chrono::microseconds(numbers[1])));
}

absl::StatusOr<clock::WallTime> MiddleOf(const Answers& answers) {
  if (!answers.ok()) return answers.status();
  std::vector<clock::WallTime> times;
  for (const Reply& reply : *answers) {
    const auto time = TimeIn(reply);
    if (!time.ok()) return time.status();
    times.push_back(*time);
  }
  if (times.empty()) return absl::InternalError("TIME has no answer");
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

}  // namespace

void StoreClock::Start() {
  Ask();
  thread_ = std::thread([this] { Loop(); });
}

void StoreClock::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    stopped_ = true;
    stop_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void StoreClock::Loop() {
  while (Pause()) Ask();
}

bool StoreClock::Pause() {
  const auto until = std::chrono::steady_clock::now() + options_.interval;
  const sync::MutexLock lock(&mutex_);
  while (!stopped_ && stop_.WaitUntil(&mutex_, until)) {
  }
  return !stopped_;
}

void StoreClock::Ask() {
  auto promise = std::make_shared<std::promise<Answers>>();
  std::future<Answers> answers = promise->get_future();
  const clock::SteadyTime asked = clock_.SteadyNow();
  client_.RunOnEach(Command({"TIME"}), std::chrono::steady_clock::now() + options_.timeout,
                    [promise](Answers each) { promise->set_value(std::move(each)); });
  const auto theirs = MiddleOf(answers.get());
  if (theirs.ok()) clock_.Hear(*theirs, asked, clock_.SteadyNow());
  Report(theirs.status());
}

void StoreClock::Report(const absl::Status& outcome) {
  using telemetry::Level;
  const bool refused =
      !outcome.ok() && errors::ReasonOf(outcome) != errors::reasons::DEPENDENCY_DOWN;
  if (refused && !refused_) {
    telemetry::Log(Level::kWarning,
                   "Redis does not tell its time: this machine's clock alone counts",
                   {{"why", std::string(outcome.message())}});
  }
  refused_ = refused;
  const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(clock_.OwnAhead());
  const bool overruled = ahead.count() != 0;
  if (overruled && !overruled_) {
    telemetry::Log(Level::kError, "this machine's clock is wrong, and overruled: mend it",
                   {{"ahead_s", ahead.count()}});
  } else if (!overruled && overruled_) {
    telemetry::Log(Level::kInfo, "this machine's clock is right again", {});
  }
  overruled_ = overruled;
}

}  // namespace tokenforge::redis
