// The part of FakeUsers that is about passwords and what mails prove.
#include "lib/errors/errors.h"
#include "tests/services/auth/fake_users.h"

namespace tokenforge::auth::testing {
namespace {

namespace reasons = errors::reasons;

grpc::Status WrongToken() {
  return rpc::ToGrpc(errors::Make(reasons::CODE_INVALID, "the token is wrong"));
}
grpc::Status NotFound() { return rpc::ToGrpc(errors::Make(reasons::NOT_FOUND, "no such user")); }

}  // namespace

grpc::Status FakeUsers::ChangePassword(grpc::ServerContext* context,
                                       const users::v1::ChangePasswordRequest* request,
                                       users::v1::ChangePasswordResponse*) {
  if (const grpc::Status fault = faults.Enter("ChangePassword", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  Account* const account = AccountOf(request->user_id());
  if (account == nullptr) return NotFound();
  if (account->password != request->current_password()) {
    return rpc::ToGrpc(errors::Make(reasons::INVALID_CREDENTIALS, "the password is another"));
  }
  account->password = request->new_password();
  account->user.set_kept_session_id(request->kept_session_id());
  return grpc::Status::OK;
}

grpc::Status FakeUsers::BeginPasswordReset(grpc::ServerContext* context,
                                           const users::v1::BeginPasswordResetRequest* request,
                                           users::v1::BeginPasswordResetResponse*) {
  if (const grpc::Status fault = faults.Enter("BeginPasswordReset", context); !fault.ok()) {
    return fault;
  }
  const sync::MutexLock lock(&mutex_);
  if (accounts_.contains(request->email())) tokens_.insert("tfp_of " + request->email());
  return grpc::Status::OK;
}

grpc::Status FakeUsers::CompletePasswordReset(
    grpc::ServerContext* context, const users::v1::CompletePasswordResetRequest* request,
    users::v1::CompletePasswordResetResponse* response) {
  if (const grpc::Status fault = faults.Enter("CompletePasswordReset", context); !fault.ok()) {
    return fault;
  }
  const sync::MutexLock lock(&mutex_);
  if (tokens_.erase(request->token()) == 0) return WrongToken();
  Account& account = accounts_.at(request->token().substr(std::string("tfp_of ").size()));
  account.password = request->new_password();
  response->set_user_id(account.user.user_id());
  return grpc::Status::OK;
}

grpc::Status FakeUsers::BeginEmailVerification(
    grpc::ServerContext* context, const users::v1::BeginEmailVerificationRequest* request,
    users::v1::BeginEmailVerificationResponse*) {
  if (const grpc::Status fault = faults.Enter("BeginEmailVerification", context); !fault.ok()) {
    return fault;
  }
  const sync::MutexLock lock(&mutex_);
  Account* const account = AccountOf(request->user_id());
  if (account == nullptr) return NotFound();
  tokens_.insert("tfv_of " + account->user.email());
  return grpc::Status::OK;
}

grpc::Status FakeUsers::CompleteEmailVerification(
    grpc::ServerContext* context, const users::v1::CompleteEmailVerificationRequest* request,
    users::v1::CompleteEmailVerificationResponse* response) {
  if (const grpc::Status fault = faults.Enter("CompleteEmailVerification", context); !fault.ok()) {
    return fault;
  }
  const sync::MutexLock lock(&mutex_);
  if (tokens_.erase(request->token()) == 0) return WrongToken();
  Account& account = accounts_.at(request->token().substr(std::string("tfv_of ").size()));
  account.user.set_email_verified(true);
  *response->mutable_user() = account.user;
  return grpc::Status::OK;
}

}  // namespace tokenforge::auth::testing
