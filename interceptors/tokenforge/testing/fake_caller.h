// FakeCaller: a Caller for tests of your handlers, without a guard, a server or a token.
//
//   grpc::ServerContext context;
//   tokenforge::testing::FakeCaller ada(context, {.subject = "ada", .roles = {"admin"}});
//   EXPECT_TRUE(service.PurgeNotes(&context, &request, &response).ok());
//
// As long as it lives, CallerOf(context) is this caller. What the guard would have refused is not
// refused here: a handler test asks what the handler does for those who may call it.
//
// In an archive of its own, tokenforge::guard_testing: a server that does not link it cannot come
// by a made-up Caller, however its code looks. Never link it into one.
#pragma once

#include <string>
#include <vector>

#include "tokenforge/caller.h"

namespace tokenforge::testing {

// What the caller has proven. An empty subject: no token. An empty peer: no client certificate.
struct CallerSpec {
  std::string subject = {};  // a user's ID; a service's when it begins with spiffe://
  std::string session_id = {};
  std::string token_id = {};
  std::string client_id = {};
  std::string email = {};
  std::string issuer = {};
  std::string key_id = {};
  std::vector<std::string> audiences = {};
  std::vector<std::string> roles = {};
  std::vector<std::string> scopes = {};
  std::vector<std::string> authentication_methods = {};
  Caller::Time issue_time = {};
  Caller::Time expire_time = {};
  Caller::Time authentication_time = {};
  std::string peer = {};  // a SPIFFE ID
};

// For functions that take a Caller.
Caller MakeCaller(const CallerSpec& spec);

// For handlers. Not copyable; thread-safe against CallerOf of other contexts. The context outlives
// it. Of two for one context the later counts until it ends.
class FakeCaller {
 public:
  FakeCaller(const grpc::ServerContextBase& context, const CallerSpec& spec);
  ~FakeCaller();
  FakeCaller(const FakeCaller&) = delete;
  FakeCaller& operator=(const FakeCaller&) = delete;

 private:
  const grpc::ServerContextBase* const context_;
};

}  // namespace tokenforge::testing
