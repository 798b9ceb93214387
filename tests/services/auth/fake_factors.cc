// The part of FakeUsers about second factors: one code that is always right.
#include "lib/errors/errors.h"
#include "tests/services/auth/fake_users.h"

namespace tokenforge::auth::testing {

namespace reasons = errors::reasons;

namespace {

grpc::Status Refused(errors::Reason reason) { return rpc::ToGrpc(errors::Make(reason, "refused")); }

}  // namespace

void FakeUsers::OpenChallenge(const users::v1::VerifyPasswordRequest& request,
                              users::v1::VerifyPasswordResponse* response) {
  const std::string challenge = "challenge-" + std::to_string(++challenges_made_);
  challenges_[challenge] = request;
  response->set_challenge(challenge);
  response->mutable_challenge_expire_time()->set_seconds(1'900'000'000);
}

FakeUsers::Account* FakeUsers::AccountOf(const std::string& user_id) {
  for (auto& [email, account] : accounts_) {
    if (account.user.user_id() == user_id) return &account;
  }
  return nullptr;
}

grpc::Status FakeUsers::GetLoginChallenge(grpc::ServerContext* context,
                                          const users::v1::GetLoginChallengeRequest* request,
                                          users::v1::GetLoginChallengeResponse* response) {
  if (const auto fault = faults.Enter("GetLoginChallenge", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  const auto found = challenges_.find(request->challenge());
  if (found == challenges_.end()) return Refused(reasons::CHALLENGE_INVALID);
  *response->mutable_user() = accounts_.at(found->second.email()).user;
  return grpc::Status::OK;
}

grpc::Status FakeUsers::VerifySecondFactor(grpc::ServerContext* context,
                                           const users::v1::VerifySecondFactorRequest* request,
                                           users::v1::VerifySecondFactorResponse* response) {
  if (const auto fault = faults.Enter("VerifySecondFactor", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  const auto found = challenges_.find(request->challenge());
  if (found == challenges_.end() ||
      found->second.origin().client_id() != request->origin().client_id()) {
    return Refused(reasons::CHALLENGE_INVALID);
  }
  const users::v1::VerifyPasswordRequest& first = found->second;
  const users::v1::User& user = accounts_.at(first.email()).user;
  if (user.user_id() != request->user_id()) return Refused(reasons::CHALLENGE_INVALID);
  if (request->totp_code() != kRightCode && request->recovery_code() != kRightRecoveryCode) {
    return Refused(reasons::CODE_INVALID);
  }
  *response->mutable_user() = user;
  response->set_device_name(first.origin().device_name());
  response->set_user_agent(first.origin().user_agent());
  response->set_device_ip_address(first.device_ip_address());
  challenges_.erase(found);
  return grpc::Status::OK;
}

grpc::Status FakeUsers::EnrollTotp(grpc::ServerContext* context,
                                   const users::v1::EnrollTotpRequest* request,
                                   users::v1::EnrollTotpResponse* response) {
  if (const auto fault = faults.Enter("EnrollTotp", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  const Account* account = AccountOf(request->user_id());
  if (account == nullptr) return Refused(reasons::NOT_FOUND);
  if (account->user.mfa_enabled()) return Refused(reasons::MFA_ALREADY_ENABLED);
  response->set_secret("SECRET");
  response->set_otpauth_uri("otpauth://totp/" + account->user.email());
  return grpc::Status::OK;
}

grpc::Status FakeUsers::ConfirmTotp(grpc::ServerContext* context,
                                    const users::v1::ConfirmTotpRequest* request,
                                    users::v1::ConfirmTotpResponse* response) {
  if (const auto fault = faults.Enter("ConfirmTotp", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  Account* account = AccountOf(request->user_id());
  if (account == nullptr) return Refused(reasons::NOT_FOUND);
  if (request->code() != kRightCode) return Refused(reasons::CODE_INVALID);
  account->user.set_mfa_enabled(true);
  response->add_recovery_codes(kRightRecoveryCode);
  return grpc::Status::OK;
}

grpc::Status FakeUsers::DisableTotp(grpc::ServerContext* context,
                                    const users::v1::DisableTotpRequest* request,
                                    users::v1::DisableTotpResponse* /*response*/) {
  if (const auto fault = faults.Enter("DisableTotp", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  Account* account = AccountOf(request->user_id());
  if (account == nullptr) return Refused(reasons::NOT_FOUND);
  if (request->password() != account->password) return Refused(reasons::INVALID_CREDENTIALS);
  if (!account->user.mfa_enabled()) return Refused(reasons::MFA_NOT_ENABLED);
  account->user.set_mfa_enabled(false);
  return grpc::Status::OK;
}

}  // namespace tokenforge::auth::testing
