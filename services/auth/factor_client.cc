#include "services/auth/factor_client.h"

#include <grpcpp/channel.h>

#include <utility>

#include "lib/rpc/call.h"
#include "services/auth/users_client.h"

namespace tokenforge::auth {

using Methods = users::v1::UserService::StubInterface::async_interface;

FactorClient::FactorClient(const rpc::Upstream& upstream) : users_(upstream) {}

async::Task<absl::StatusOr<users::v1::GetLoginChallengeResponse>> FactorClient::GetLoginChallenge(
    const rpc::ServerCall& call, const std::string& challenge) {
  users::v1::GetLoginChallengeRequest query;
  query.set_challenge(challenge);
  return rpc::Call(users_, &Methods::GetLoginChallenge, rpc::OutgoingContext(call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::VerifySecondFactorResponse>> FactorClient::VerifySecondFactor(
    const Origin& origin, const CountedCode& /*guess*/, const std::string& user_id,
    const v1::CompleteLoginRequest& request) {
  users::v1::VerifySecondFactorRequest query;
  query.set_user_id(user_id);
  query.set_challenge(request.challenge());
  if (request.has_totp_code()) {
    query.set_totp_code(request.totp_code());
  } else {
    query.set_recovery_code(request.recovery_code());
  }
  *query.mutable_origin() = ToUsersOrigin(origin, "");
  return rpc::Call(users_, &Methods::VerifySecondFactor, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::EnrollTotpResponse>> FactorClient::EnrollTotp(
    const Origin& origin, const std::string& user_id) {
  users::v1::EnrollTotpRequest query;
  query.set_user_id(user_id);
  *query.mutable_origin() = ToUsersOrigin(origin, user_id);
  return rpc::Call(users_, &Methods::EnrollTotp, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::ConfirmTotpResponse>> FactorClient::ConfirmTotp(
    const Origin& origin, const std::string& user_id, const v1::ConfirmTotpRequest& request) {
  users::v1::ConfirmTotpRequest query;
  query.set_user_id(user_id);
  query.set_code(request.code());
  *query.mutable_origin() = ToUsersOrigin(origin, user_id);
  return rpc::Call(users_, &Methods::ConfirmTotp, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::DisableTotpResponse>> FactorClient::DisableTotp(
    const Origin& origin, const CountedPassword& /*guess*/, const std::string& user_id,
    const v1::DisableTotpRequest& request) {
  users::v1::DisableTotpRequest query;
  query.set_user_id(user_id);
  query.set_password(request.password());
  *query.mutable_origin() = ToUsersOrigin(origin, user_id);
  return rpc::Call(users_, &Methods::DisableTotp, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

}  // namespace tokenforge::auth
