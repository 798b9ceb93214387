// UserService's methods about second factors.
#include <chrono>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/rpc/server_call.h"
#include "services/users/messages.h"
#include "services/users/user_service.h"

namespace tokenforge::users {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

void SetTime(clock::WallTime time, google::protobuf::Timestamp* timestamp) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  timestamp->set_seconds(second.time_since_epoch().count());
  timestamp->set_nanos(static_cast<int>(std::chrono::nanoseconds(time - second).count()));
}

async::Task<absl::Status> Answer(async::Task<absl::StatusOr<Account>> finding,
                                 v1::GetLoginChallengeResponse* response) {
  const absl::StatusOr<Account> found = co_await std::move(finding);
  if (!found.ok()) co_return found.status();
  ToProto(*found, response->mutable_user());
  co_return absl::OkStatus();
}

async::Task<absl::Status> Answer(async::Task<absl::StatusOr<Factors::Enrolment>> enrolling,
                                 v1::EnrollTotpResponse* response) {
  const absl::StatusOr<Factors::Enrolment> enrolled = co_await std::move(enrolling);
  if (!enrolled.ok()) co_return enrolled.status();
  response->set_secret(std::string(enrolled->secret.Expose()));
  response->set_otpauth_uri(std::string(enrolled->otpauth_uri.Expose()));
  co_return absl::OkStatus();
}

async::Task<absl::Status> Answer(async::Task<absl::StatusOr<RecoveryCodes>> confirming,
                                 v1::ConfirmTotpResponse* response) {
  const absl::StatusOr<RecoveryCodes> codes = co_await std::move(confirming);
  if (!codes.ok()) co_return codes.status();
  for (const secret::Secret& code : *codes) {
    response->add_recovery_codes(std::string(code.Expose()));
  }
  co_return absl::OkStatus();
}

async::Task<absl::Status> Answer(async::Task<absl::StatusOr<FactorLogin::Login>> completing,
                                 v1::VerifySecondFactorResponse* response) {
  const absl::StatusOr<FactorLogin::Login> login = co_await std::move(completing);
  if (!login.ok()) co_return login.status();
  ToProto(login->account, response->mutable_user());
  response->set_device_name(login->first_step.device_name);
  response->set_user_agent(login->first_step.user_agent);
  response->set_device_ip_address(login->first_step.device_address);
  co_return absl::OkStatus();
}

FactorLogin::Code CodeOf(const v1::VerifySecondFactorRequest& request) {
  if (request.has_totp_code()) {
    return {FactorLogin::Code::kTotp, secret::Secret(request.totp_code())};
  }
  return {FactorLogin::Code::kRecovery, secret::Secret(request.recovery_code())};
}

}  // namespace

async::Task<absl::Status> AnswerLogin(async::Task<absl::StatusOr<Account>> verifying,
                                      FactorLogin& logins, Deadline deadline, Origin origin,
                                      const v1::VerifyPasswordRequest* request,
                                      v1::VerifyPasswordResponse* response) {
  const absl::StatusOr<Account> account = co_await std::move(verifying);
  if (!account.ok()) co_return account.status();
  if (account->mfa_enabled) {
    async::Task<absl::StatusOr<FactorLogin::Challenge>> opening =
        logins.Open(deadline, account->user_id, request->device_ip_address(), std::move(origin));
    const absl::StatusOr<FactorLogin::Challenge> challenge = co_await std::move(opening);
    if (!challenge.ok()) co_return challenge.status();
    response->set_challenge(std::string(challenge->text.Expose()));
    SetTime(challenge->expire_time, response->mutable_challenge_expire_time());
  }
  ToProto(*account, response->mutable_user());
  co_return absl::OkStatus();
}

Reactor* UserService::GetLoginChallenge(Context* context,
                                        const v1::GetLoginChallengeRequest* request,
                                        v1::GetLoginChallengeResponse* response) {
  return rpc::Serve(
      context,
      Answer(flows_.logins.Find(rpc::DeadlineOf(*context), request->challenge()), response));
}

Reactor* UserService::EnrollTotp(Context* context, const v1::EnrollTotpRequest* request,
                                 v1::EnrollTotpResponse* response) {
  return rpc::Serve(context,
                    Answer(flows_.factors.Enroll(rpc::DeadlineOf(*context), request->user_id(),
                                                 OriginOf(*context, request->origin())),
                           response));
}

Reactor* UserService::ConfirmTotp(Context* context, const v1::ConfirmTotpRequest* request,
                                  v1::ConfirmTotpResponse* response) {
  return rpc::Serve(context,
                    Answer(flows_.factors.Confirm(rpc::DeadlineOf(*context), request->user_id(),
                                                  secret::Secret(request->code()),
                                                  OriginOf(*context, request->origin())),
                           response));
}

Reactor* UserService::DisableTotp(Context* context, const v1::DisableTotpRequest* request,
                                  v1::DisableTotpResponse* /*response*/) {
  return rpc::Serve(context, flows_.factors.Disable(rpc::DeadlineOf(*context), request->user_id(),
                                                    secret::Secret(request->password()),
                                                    OriginOf(*context, request->origin())));
}

Reactor* UserService::VerifySecondFactor(Context* context,
                                         const v1::VerifySecondFactorRequest* request,
                                         v1::VerifySecondFactorResponse* response) {
  if (request->factor_case() == v1::VerifySecondFactorRequest::FACTOR_NOT_SET) {
    return rpc::Answer(context, errors::InvalidFields({{"factor", "is required"}}));
  }
  return rpc::Serve(context,
                    Answer(flows_.logins.Complete(rpc::DeadlineOf(*context), request->user_id(),
                                                  request->challenge(), CodeOf(*request),
                                                  OriginOf(*context, request->origin())),
                           response));
}

}  // namespace tokenforge::users
