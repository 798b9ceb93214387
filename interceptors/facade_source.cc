#include <grpcpp/alarm.h>
#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <algorithm>
#include <random>
#include <thread>

#include "interceptors/facade_calls.h"
#include "interceptors/source.h"
#include "interceptors/trust_mirror.h"
#include "lib/rpc/channel.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/log.h"

namespace tokenforge::internal {
namespace {

namespace v1 = ::tokenforge::auth::v1;
using Steady = FeedAttempt::Steady;
using telemetry::Level;

constexpr int kMaxSnapshotBytes = 256 << 20;  // a month of keys and a million revocations

enum Tag : std::intptr_t { kWoken = 1, kOpened, kRead, kWritten, kEnded, kLookedUp };
void* TagOf(Tag tag) { return reinterpret_cast<void*>(tag); }

// Owned and run by one thread, which sleeps in the completion queue until gRPC has something, a
// pause is over, or another thread wakes it with an alarm. All state but what the mutex guards is
// that thread's.
class FacadeSource final : public Source {
 public:
  FacadeSource(const FacadeOptions& options, std::shared_ptr<grpc::Channel> channel,
               std::shared_ptr<Trust> trust)
      : options_(options),
        stub_(v1::TrustService::NewStub(std::move(channel))),
        mirror_(std::move(trust), options.issuer),
        pause_(options.times.first_pause),
        thread_([this] { Loop(); }) {}

  ~FacadeSource() override {
    Wake(&FacadeSource::stopping_);
    thread_.join();
  }

  void LookForNewKeys() override { Wake(&FacadeSource::look_up_wanted_); }

 private:
  // Says something to the thread.
  void Wake(bool FacadeSource::* what) {
    sync::MutexLock lock(&mutex_);
    this->*what = true;
    if (alarm_ != nullptr) return;  // on its way already
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(&queue_, gpr_now(GPR_CLOCK_MONOTONIC), TagOf(kWoken));
  }

  void Loop() {
    Open();
    while (!leaving_ || attempt_ != nullptr || look_up_ != nullptr) {
      void* tag = nullptr;
      bool ok = false;
      const auto next = queue_.AsyncNext(&tag, &ok, UntilDue());
      if (next == grpc::CompletionQueue::TIMEOUT) {
        attempt_ == nullptr ? Open() : GiveUp("heard nothing for too long");
      } else {
        Handle(static_cast<Tag>(reinterpret_cast<std::intptr_t>(tag)), ok);
      }
    }
    queue_.Shutdown();
    void* tag = nullptr;
    for (bool ok = false; queue_.Next(&tag, &ok);) {
    }
  }

  gpr_timespec UntilDue() const {
    if (due_ == Steady::time_point::max()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_ - Steady::now());
    return gpr_time_from_millis(std::max<std::int64_t>(left.count(), 0), GPR_TIMESPAN);
  }

  void Handle(Tag tag, bool ok) {
    switch (tag) {
      case kWoken:
        return OnWoken();
      case kLookedUp:
        return OnLookedUp();
      case kOpened:
        --attempt_->under_way;
        ok ? OnOpened() : End();
        break;
      case kRead:
        --attempt_->under_way;
        ok ? OnMessage() : End();
        break;
      case kWritten:
        --attempt_->under_way;
        attempt_->writing = false;
        if (ok) Acknowledge();
        break;
      case kEnded:
        --attempt_->under_way;
        break;
    }
    if (attempt_->ending && attempt_->under_way == 0) OnEnded();
  }

  void OnWoken() {
    bool look = false;
    {
      sync::MutexLock lock(&mutex_);
      alarm_.reset();
      look = std::exchange(look_up_wanted_, false);
      leaving_ = stopping_;
    }
    if (look && !leaving_) StartLookUp();
    if (!leaving_) return;
    due_ = Steady::time_point::max();
    if (attempt_ != nullptr) attempt_->context.TryCancel();
    if (look_up_ != nullptr) look_up_->context.TryCancel();
  }

  // --- The stream.

  void Open() {
    attempt_ = std::make_unique<FeedAttempt>();
    attempt_->stream = stub_->PrepareAsyncWatchTrust(&attempt_->context, &queue_);
    attempt_->stream->StartCall(TagOf(kOpened));
    ++attempt_->under_way;
    due_ = Steady::now() + options_.times.silence;
  }

  void OnOpened() {
    v1::WatchTrustRequest request;
    v1::WatchTrustRequest::Open& open = *request.mutable_open();
    open.set_cursor(mirror_.cursor());
    open.set_guard_id(options_.guard_id);
    open.set_audience(options_.audience);
    Write(request);
    Read();
  }

  void Read() {
    attempt_->stream->Read(&attempt_->message, TagOf(kRead));
    ++attempt_->under_way;
  }

  void Write(const v1::WatchTrustRequest& request) {
    attempt_->stream->Write(request, TagOf(kWritten));
    ++attempt_->under_way;
    attempt_->writing = true;
  }

  void OnMessage() {
    if (leaving_) return End();
    // One that hears nothing itself is as good as silent: another replica may hear more.
    const bool stale = attempt_->message.heartbeat().stale();
    if (!stale) due_ = Steady::now() + options_.times.silence;
    if (const absl::Status applied = mirror_.Apply(attempt_->message); !applied.ok()) {
      GiveUp(std::string(applied.message()));
      return End();
    }
    if (!stale && std::exchange(failing_, false)) {
      telemetry::Log(Level::kInfo, "the trust feed is back", {{"address", options_.address}});
    }
    attempt_->heard = true;
    without_feed_ = false;
    attempt_->applied = VersionOf(attempt_->message);
    Acknowledge();
    Read();
  }

  // Only what is enforced. Of versions applied while one was on its way out the last says it all.
  void Acknowledge() {
    if (attempt_->writing || attempt_->ending || attempt_->applied == attempt_->acknowledged)
      return;
    attempt_->acknowledged = attempt_->applied;
    v1::WatchTrustRequest request;
    request.set_applied_version(attempt_->applied);
    Write(request);
  }

  // The stream is of no use any more. What is under way comes back at once, whatever the network
  // does.
  void GiveUp(const std::string& why) {
    Warn("the trust feed cannot be used; the last keys and revocations stay", why);
    due_ = Steady::time_point::max();
    attempt_->context.TryCancel();
  }

  void End() {
    if (std::exchange(attempt_->ending, true)) return;
    attempt_->stream->Finish(&attempt_->status, TagOf(kEnded));
    ++attempt_->under_way;
  }

  void OnEnded() {
    const std::unique_ptr<FeedAttempt> ended = std::move(attempt_);
    due_ = Steady::time_point::max();
    if (leaving_) return;
    if (ended->reopen) return Open();
    if (ended->status.error_code() == grpc::StatusCode::UNIMPLEMENTED) return DoWithout();
    // One that lasted ends as all do when a façade is replaced; one that told nothing is a fault.
    if (!ended->heard) {
      Warn("the trust feed does not answer; the last keys and revocations stay",
           ended->status.error_message());
    }
    if (Steady::now() - ended->begin >= options_.times.longest_pause) {
      pause_ = options_.times.first_pause;
    }
    due_ = Steady::now() + Jittered(pause_);
    pause_ = std::min(pause_ * 2, options_.times.longest_pause);
  }

  // A façade of an older version has no feed. A snapshot now and then is better than none.
  void DoWithout() {
    Warn("the façade does not serve the trust feed: update it; until then it is asked now and then",
         options_.address);
    without_feed_ = true;
    StartLookUp();
    due_ = Steady::now() + Jittered(options_.times.longest_pause);
  }

  // Keeps a thousand guards from coming back in one moment.
  std::chrono::milliseconds Jittered(std::chrono::milliseconds pause) {
    std::uniform_int_distribution<std::int64_t> jitter(pause.count() / 2, pause.count());
    return std::chrono::milliseconds(jitter(random_));
  }

  // One line for each time that things go wrong.
  void Warn(std::string_view what, const std::string& why) {
    if (leaving_ || std::exchange(failing_, true)) return;
    telemetry::Log(Level::kWarning, what, {{"address", options_.address}, {"error", why}});
  }

  // --- The look-up.

  void StartLookUp() {
    if (look_up_ != nullptr) return;
    look_up_ = std::make_unique<TrustLookUp>();
    look_up_->cursor = mirror_.cursor();
    look_up_->context.set_deadline(std::chrono::system_clock::now() + options_.times.look_up);
    v1::GetTrustRequest request;
    request.set_cursor(look_up_->cursor);
    request.set_guard_id(options_.guard_id);
    look_up_->reader = stub_->AsyncGetTrust(&look_up_->context, request, &queue_);
    look_up_->reader->Finish(&look_up_->answer, &look_up_->status, TagOf(kLookedUp));
  }

  void OnLookedUp() {
    const std::unique_ptr<TrustLookUp> done = std::move(look_up_);
    // What the feed brought meanwhile may be newer than this answer.
    if (leaving_ || !done->status.ok() || done->cursor != mirror_.cursor()) return;
    // How fresh we are the feed says, if there is one: invented kids must not make it look so.
    if (!done->answer.has_snapshot() && !without_feed_) return;
    if (const absl::Status applied = mirror_.Apply(done->answer); !applied.ok()) {
      return Warn("the façade's keys cannot be used; the last ones stay",
                  std::string(applied.message()));
    }
    // And what is under way in the stream may be older: it goes on from here.
    if (done->cursor != mirror_.cursor() && attempt_ != nullptr) {
      attempt_->reopen = true;
      attempt_->context.TryCancel();
    }
  }

  const FacadeOptions options_;
  const std::unique_ptr<v1::TrustService::Stub> stub_;
  TrustMirror mirror_;
  std::unique_ptr<FeedAttempt> attempt_;
  std::unique_ptr<TrustLookUp> look_up_;
  Steady::time_point due_;  // when the stream was silent for too long; without one, when to open it
  std::chrono::milliseconds pause_;
  bool failing_ = false;
  bool without_feed_ = false;
  bool leaving_ = false;
  std::minstd_rand random_{std::random_device()()};

  sync::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool look_up_wanted_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);  // set, and not yet seen
  grpc::CompletionQueue queue_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> MakeFacadeSource(const FacadeOptions& options,
                                                         std::shared_ptr<Trust> trust) {
  rpc::ChannelOptions channel_options;
  channel_options.max_response_bytes = kMaxSnapshotBytes;
  auto channel = rpc::Connect(options.address,
                              {options.tls.cert_file, options.tls.key_file, options.tls.ca_file},
                              options.identity, channel_options);
  if (!channel.ok()) return channel.status();
  return std::make_unique<FacadeSource>(options, *std::move(channel), std::move(trust));
}

}  // namespace tokenforge::internal
