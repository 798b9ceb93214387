// Receiver: an OTLP collector for tests: a gRPC server that takes spans and shows them.
//
// It knows of the method's path and of the wire form only, as any collector does. One per test, on
// a port of its own; from any thread.
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tokenforge/otlp/v1/trace.pb.h"

namespace tokenforge::otlp::testing {

// A span, and what its process says of itself.
struct Received {
  std::string service;
  v1::Span span;
};
using Spans = std::vector<Received>;

// The text of an attribute; a number in decimal; "" when there is none.
std::string AttributeOf(const v1::Span& span, const std::string& key);
std::string Hex(const std::string& bytes);

class Receiver {
 public:
  explicit Receiver(
      std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials(),
      int port = 0);
  ~Receiver();

  int port() const;
  std::string endpoint() const;  // "http://127.0.0.1:PORT"

  // What it says from now on; as long as this is not OK it takes nothing. `response` may be filled.
  using Answer = std::function<grpc::Status(const v1::ExportRequest&, v1::ExportResponse*)>;
  void SetAnswer(Answer answer);
  // Requests so far, also those that it answered with an error.
  int requests() const;
  void WaitForRequests(int count) const;

  Spans All() const;
  // Waits until `enough`, for a minute at most; then what there is.
  Spans WaitFor(const std::function<bool(const Spans&)>& enough) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokenforge::otlp::testing
