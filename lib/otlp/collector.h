// Collector: where spans are sent: one request, one verdict.
//
// Which answers mean what follows the OTLP specification ("Failures"): a batch is either taken,
// perhaps in part; or worth sending again, perhaps not before some time; or never going to be
// taken.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace grpc {
class Channel;
class Status;
}  // namespace grpc

namespace tokenforge::otlp::v1 {
class ExportRequest;
}

namespace tokenforge::otlp {

struct Verdict {
  enum Kind { kTaken, kAgain, kRefused };
  Kind kind = kTaken;
  std::int64_t rejected = 0;                // of a batch that was taken
  std::chrono::milliseconds not_before{0};  // kAgain: the collector's wish
  std::string detail = {};                  // for the log, one line, cut short
};

// What a status says.
Verdict VerdictOf(const grpc::Status& status);

class Collector {
 public:
  virtual ~Collector() = default;
  // Blocks until there is an answer, `at_most` has passed or Cancel was called. One at a time.
  virtual Verdict Send(const v1::ExportRequest& request, std::chrono::milliseconds at_most) = 0;
  // Any thread: a Send that runs ends at once, and so does every later one.
  virtual void Cancel() = 0;
};

// Over gRPC.
std::unique_ptr<Collector> CollectorAt(std::shared_ptr<grpc::Channel> channel);

}  // namespace tokenforge::otlp
