#include "tests/system/admin.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "lib/uuid/uuid.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::systemtest {
namespace {

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

std::string NewToken(const std::shared_ptr<grpc::Channel>& keys) {
  keys::v1::SignTokenRequest request;
  request.mutable_claims()->set_sub(uuid::NewId());
  request.mutable_claims()->set_sid(uuid::NewId());
  request.mutable_claims()->set_client_id("spiffe://tokenforge.local/operator");
  request.mutable_claims()->add_aud("tokenforge");
  request.mutable_claims()->add_roles("admin");
  grpc::ClientContext context;
  SetDeadline(context);
  keys::v1::SignTokenResponse response;
  const grpc::Status status =
      keys::v1::KeyService::NewStub(keys)->SignToken(&context, request, &response);
  if (!status.ok()) {
    std::fprintf(stderr, "admin: no token: %s\n", status.error_message().c_str());
    std::exit(3);
  }
  return response.access_token();
}

}  // namespace

Admin::Admin(Suite& suite)
    : stub_(auth::v1::AdminService::NewStub(suite.Connect("auth", "operator"))),
      keys_(suite.Connect("keys", "auth")) {}

std::string Admin::NewToken() { return systemtest::NewToken(keys_); }

grpc::Status Admin::RevokeAllSigningKeys(auth::v1::RevokeAllSigningKeysResponse* response,
                                         Sessions sessions) {
  auth::v1::RevokeAllSigningKeysRequest request;
  request.set_reason("the worst day");
  request.set_end_all_sessions(sessions == Sessions::kEnd);
  grpc::ClientContext context;
  SetDeadline(context);
  // A new one each time: the call ends its own token too.
  context.AddMetadata("authorization", "Bearer " + NewToken());
  return stub_->RevokeAllSigningKeys(&context, request, response);
}

}  // namespace tokenforge::systemtest
