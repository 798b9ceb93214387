// VisibleAnswer: everything about the answer of a call that its caller can see, so that two answers
// can be held against each other: code, text, details, metadata.
//
// Left out is what differs between any two calls: trace and request IDs, and the address of the
// peer.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <map>
#include <string>

namespace tokenforge::systemtest {

struct VisibleAnswer {
  int code = 0;
  std::string text;
  std::string details;                               // error details as they were on the wire
  std::multimap<std::string, std::string> metadata;  // initial and trailing
  std::string response;                              // the message, when the call succeeded

  friend bool operator==(const VisibleAnswer&, const VisibleAnswer&) = default;
};

std::ostream& operator<<(std::ostream& to, const VisibleAnswer& answer);

VisibleAnswer VisibleOf(const grpc::Status& status, const grpc::ClientContext& context);

// Calls a method of a stub once; `took` is how long that was, for those who want to know.
template <class Stub, class Request, class Response>
VisibleAnswer Ask(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, std::chrono::nanoseconds* took = nullptr) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  Response response;
  const auto began = std::chrono::steady_clock::now();
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (took != nullptr) *took = std::chrono::steady_clock::now() - began;
  VisibleAnswer answer = VisibleOf(status, context);
  answer.response = response.SerializeAsString();
  return answer;
}

}  // namespace tokenforge::systemtest
