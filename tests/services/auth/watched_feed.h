// WatchedFeed: a guard's side of one WatchTrust stream, read step by step.
//
// For one thread. The destructor cancels the stream.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::auth::testing {

class WatchedFeed {
 public:
  explicit WatchedFeed(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::TrustService::NewStub(channel)) {
    // Far: a hundred feeds are opened one after the other, also under ThreadSanitizer.
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(10));
    stream_ = stub_->WatchTrust(&context_);
  }
  ~WatchedFeed() {
    context_.TryCancel();
    if (!finished_) stream_->Finish();
  }

  WatchedFeed& Open(const std::string& cursor = "", const std::string& guard_id = "guard-1") {
    v1::WatchTrustRequest request;
    request.mutable_open()->set_cursor(cursor);
    request.mutable_open()->set_guard_id(guard_id);
    request.mutable_open()->set_audience("tokenforge");
    stream_->Write(request);
    return *this;
  }
  void Acknowledge(std::uint64_t version) {
    v1::WatchTrustRequest request;
    request.set_applied_version(version);
    stream_->Write(request);
  }
  bool Write(const v1::WatchTrustRequest& request) { return stream_->Write(request); }
  bool WritesDone() { return stream_->WritesDone(); }

  // The next message, of whatever kind; one that is empty when the stream has ended.
  v1::WatchTrustResponse Read() {
    v1::WatchTrustResponse response;
    if (!stream_->Read(&response)) response.Clear();
    return response;
  }
  // The next one that is no heartbeat.
  v1::WatchTrustResponse ReadNews() {
    v1::WatchTrustResponse response = Read();
    while (response.has_heartbeat()) response = Read();
    return response;
  }
  grpc::Status Finish() {
    finished_ = true;
    return stream_->Finish();
  }

 private:
  std::unique_ptr<v1::TrustService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WatchTrustRequest, v1::WatchTrustResponse>> stream_;
  bool finished_ = false;
};

}  // namespace tokenforge::auth::testing
