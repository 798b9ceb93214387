// The two calls of a guard to its façade, as facade_source.cc makes them on its completion queue.
//
// Data of one thread; see there.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::internal {

// One stream, from opening it to its status. Destroyed when all its operations have come back.
struct FeedAttempt {
  using Steady = std::chrono::steady_clock;
  grpc::ClientContext context;
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<auth::v1::WatchTrustRequest, auth::v1::WatchTrustResponse>>
      stream;
  const Steady::time_point begin = Steady::now();
  auth::v1::WatchTrustResponse message;
  grpc::Status status;
  int under_way = 0;  // operations that have not come back
  bool writing = false;
  bool ending = false;
  bool heard = false;         // anything at all
  bool reopen = false;        // ended by us: come back at once
  std::uint64_t applied = 0;  // version that is enforced
  std::uint64_t acknowledged = 0;
};

// One question to GetTrust.
struct TrustLookUp {
  grpc::ClientContext context;
  auth::v1::GetTrustResponse answer;
  grpc::Status status;
  std::string cursor;  // at the time of asking
  std::unique_ptr<grpc::ClientAsyncResponseReader<auth::v1::GetTrustResponse>> reader;
};

}  // namespace tokenforge::internal
