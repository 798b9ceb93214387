// Servers for what a guarded server hands on: a guarded one that calls a bare one behind it.
#pragma once

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "calls.grpc.pb.h"
#include "lib/sync/mutex.h"
#include "tokenforge/outgoing.h"

namespace tokenforge::testing {

// What came out of the server with one call of its handler.
struct Out {
  std::string trace_id, parent_id, tracestate;
};

// The last server of the way: notes what it is sent.
class Witness final : public v1::Ping::Service {
 public:
  grpc::Status Pong(grpc::ServerContext* context, const v1::Ask*, v1::Answer*) override {
    Out out;
    int traceparents = 0;
    for (const auto& [name, value] : context->client_metadata()) {
      const std::string text(value.data(), value.size());
      EXPECT_NE(name, "tokenforge-root");
      if (name == "traceparent") {
        ++traceparents;
        EXPECT_THAT(text, ::testing::MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"));
        out.trace_id = text.substr(3, 32);
        out.parent_id = text.substr(36, 16);
      } else if (name == "tracestate") {
        EXPECT_NE(text, "");
        out.tracestate += (out.tracestate.empty() ? "" : ",") + text;
      }
    }
    EXPECT_EQ(traceparents, 1);
    const sync::MutexLock lock(&mutex_);
    outs_.push_back(out);
    return grpc::Status::OK;
  }
  std::vector<Out> Take() {
    const sync::MutexLock lock(&mutex_);
    return std::exchange(outs_, {});
  }

 private:
  sync::Mutex mutex_;
  std::vector<Out> outs_ ABSL_GUARDED_BY(mutex_);
};

// The server under test: calls the witness as often as it is asked to.
class Middle final : public v1::Ping::Service {
 public:
  explicit Middle(std::shared_ptr<grpc::Channel> next) : next_(std::move(next)) {}
  grpc::Status Pong(grpc::ServerContext* context, const v1::Ask* ask, v1::Answer*) override {
    for (int i = std::stoi(ask->text()); i > 0; --i) {
      v1::Answer answer;
      const grpc::Status status = next_.Pong(MakeOutgoing(*context).get(), v1::Ask(), &answer);
      if (!status.ok()) return status;
    }
    return grpc::Status::OK;
  }

 private:
  v1::Ping::Stub next_;
};

// Whose calls are observed as a team's own are.
inline std::shared_ptr<grpc::Channel> ObservedChannel(int port) {
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(MakeClientMetrics());
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), {},
      std::move(interceptors));
}

}  // namespace tokenforge::testing
