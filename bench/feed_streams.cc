#include "bench/feed_streams.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::bench {

using auth::v1::TrustService;
using auth::v1::WatchTrustRequest;
using auth::v1::WatchTrustResponse;

void FeedTally::Count(long* what) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (++*what >= goal_ && what == awaited_) changed_.notify_all();
}

void FeedTally::Ended(const std::string& why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++ended_;
  if (trouble_.empty()) trouble_ = why;
  changed_.notify_all();
}

bool FeedTally::Await(const long* what, long count) {
  std::unique_lock<std::mutex> lock(mutex_);
  awaited_ = what;
  goal_ = count;
  changed_.wait_for(lock, std::chrono::minutes(1), [&] { return *what >= count || ended_ > 0; });
  return *what >= count && ended_ == 0;
}

void FeedTally::AwaitEnded(long count) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return ended_ >= count; });
}

long FeedTally::changes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return changes_;
}

long FeedTally::heartbeats() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return heartbeats_;
}

std::string FeedTally::trouble() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return trouble_.empty() ? "nothing came for a minute" : trouble_;
}

struct FeedStreams::Connection {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<TrustService::Stub> stub;
};

// Reads for ever, and writes one message at a time: the opening, then the newest version it was
// told, when the former message has left.
class FeedStreams::Stream final
    : public grpc::ClientBidiReactor<WatchTrustRequest, WatchTrustResponse> {
 public:
  Stream(TrustService::Stub& stub, const std::string& guard_id, FeedTally& tally) : tally_(tally) {
    request_.mutable_open()->set_guard_id(guard_id);
    request_.mutable_open()->set_audience("tokenforge");
    stub.async()->WatchTrust(&context_, this);
    StartWrite(&request_);
    StartRead(&response_);
    // Writes may start outside of a reaction to one, and the stream lives until somebody cancels.
    AddHold();
    StartCall();
  }

  void Cancel() {
    context_.TryCancel();
    RemoveHold();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (response_.has_heartbeat()) {
      tally_.Heartbeat();
    } else {
      const bool snapshot = response_.has_snapshot();
      Acknowledge(snapshot ? response_.snapshot().version() : response_.change().version());
      snapshot ? tally_.Snapshot() : tally_.Change();
    }
    StartRead(&response_);
  }

  void Acknowledge(std::uint64_t version) {
    const std::lock_guard<std::mutex> lock(mutex_);
    applied_ = version;
    if (!writing_) WriteApplied();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    if (ok && told_ != applied_) WriteApplied();
  }

  void WriteApplied() {
    writing_ = true;
    told_ = applied_;
    request_.set_applied_version(applied_);
    StartWrite(&request_);
  }

  void OnDone(const grpc::Status& status) override {
    // The last thing that touches this object: whoever is told may destroy it.
    tally_.Ended("a stream ended: " + status.error_message());
  }

  FeedTally& tally_;
  grpc::ClientContext context_;
  WatchTrustRequest request_;
  WatchTrustResponse response_;
  std::mutex mutex_;
  bool writing_ = true;
  std::uint64_t applied_ = 0, told_ = 0;
};

FeedStreams::FeedStreams(systemtest::Suite& suite) : suite_(suite) {}

FeedStreams::~FeedStreams() {
  for (const auto& stream : streams_) stream->Cancel();
  tally_.AwaitEnded(size());
  // Kept: gRPC 1.51 may still be at work on the last answer when its callback has been called, and
  // a channel or call that goes away in that moment ends the process.
  static std::vector<std::vector<std::unique_ptr<Connection>>> connections;
  static std::vector<std::vector<std::unique_ptr<Stream>>> streams;
  connections.push_back(std::move(connections_));
  streams.push_back(std::move(streams_));
}

void FeedStreams::AddConnections(int count) {
  for (int i = 0; i < count; ++i) {
    Connection& connection = *connections_.emplace_back(std::make_unique<Connection>());
    connection.channel = suite_.Connect("auth", "example");
    connection.stub = TrustService::NewStub(connection.channel);
    AddStream(connection);
    // Handshakes in small groups: a thousand at once would only wait for each other's cores.
    if (i % 50 == 49) AwaitAll();
  }
  AwaitAll();
}

void FeedStreams::AddStreamsOnEach(int count) {
  for (int i = 0; i < count; ++i) {
    for (const auto& connection : connections_) AddStream(*connection);
    AwaitAll();
  }
}

void FeedStreams::AddStream(Connection& connection) {
  const std::string guard_id = "bench-" + std::to_string(streams_.size());
  streams_.push_back(std::make_unique<Stream>(*connection.stub, guard_id, tally_));
}

void FeedStreams::AwaitAll() {
  if (tally_.AwaitSnapshots(size())) return;
  std::fprintf(stderr, "tokenforge-bench: not every feed opened: %s\n", tally_.trouble().c_str());
  std::exit(1);
}

}  // namespace tokenforge::bench
