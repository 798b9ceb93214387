// Thousands of guards as the façade sees them: WatchTrust streams that acknowledge what they are
// told, many on each of many mTLS connections, on gRPC's few callback threads.
//
// Raw streams, not Guards: it is the façade that is measured. Used from one thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/system/suite.h"

namespace tokenforge::bench {

// What all streams together have seen. Thread-safe.
class FeedTally {
 public:
  void Snapshot() { Count(&snapshots_); }
  void Change() { Count(&changes_); }
  void Heartbeat() { Count(&heartbeats_); }
  void Ended(const std::string& why);

  // Until so many, or false after a minute or when a stream has ended.
  bool AwaitSnapshots(long count) { return Await(&snapshots_, count); }
  bool AwaitChanges(long count) { return Await(&changes_, count); }
  bool AwaitHeartbeats(long count) { return Await(&heartbeats_, count); }
  void AwaitEnded(long count);

  long changes();
  long heartbeats();
  std::string trouble();  // why the first stream ended

 private:
  void Count(long* what);
  bool Await(const long* what, long count);

  std::mutex mutex_;
  std::condition_variable changed_;
  const long* awaited_ = nullptr;  // a waiting thread is woken once, at its goal
  long goal_ = 0;
  long snapshots_ = 0, changes_ = 0, heartbeats_ = 0, ended_ = 0;
  std::string trouble_;
};

class FeedStreams {
 public:
  explicit FeedStreams(systemtest::Suite& suite);
  ~FeedStreams();  // cancels every stream and waits for its end

  // Opens new connections, one stream on each; then more streams on each connection there is. Both
  // return when every new stream was told its snapshot, and end the process with the reason when
  // one is not.
  void AddConnections(int count);
  void AddStreamsOnEach(int count);

  long size() const { return static_cast<long>(streams_.size()); }
  FeedTally& tally() { return tally_; }

 private:
  struct Connection;
  class Stream;
  void AddStream(Connection& connection);
  void AwaitAll();

  systemtest::Suite& suite_;
  FeedTally tally_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace tokenforge::bench
