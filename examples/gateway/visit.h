// Visit: what one request of a browser brings along, and what a call to the façade needs of it.
//
// Every call has a deadline, says where the person is, and continues the trace that a proxy may
// have begun.
#pragma once

#include <grpcpp/client_context.h>
#include <httplib.h>

#include <memory>
#include <string>

namespace gateway {

struct Visit {
  std::string address;                                 // of the browser
  std::string user_agent;                              // printable ASCII, at most 400 characters
  std::string traceparent;                             // W3C; empty when there is none
  std::string access_token, refresh_token, challenge;  // from cookies; may be empty
};

Visit VisitOf(const httplib::Request& request);

// For one call. With `token` it is made on the person's behalf.
std::unique_ptr<grpc::ClientContext> ContextOf(const Visit& visit, const std::string& token = "");

}  // namespace gateway
