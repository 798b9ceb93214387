// Calls on behalf of a person whose tokens are in cookies, and what answers of the façade do to
// those cookies.
#pragma once

#include <httplib.h>

#include <functional>

#include "tokenforge/auth/v1/auth.grpc.pb.h"
#include "visit.h"

namespace gateway {

namespace auth = tokenforge::auth::v1;

void SetTokens(httplib::Response& response, const auth::Tokens& tokens);
void DropTokens(httplib::Response& response);
auth::Device DeviceOf(const Visit& visit);

// Makes the call, with a new access token where the old one is no good any more; then the response
// has the cookies of the new tokens, or drops those that are of no use.
grpc::Status OnBehalf(auth::AuthService::Stub& facade, Visit& visit, httplib::Response& response,
                      const std::function<grpc::Status(grpc::ClientContext*)>& call);

}  // namespace gateway
