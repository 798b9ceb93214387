#include "tests/services/auth/fake_users.h"

#include "lib/email/canonical_email.h"
#include "lib/errors/errors.h"

namespace tokenforge::auth::testing {

namespace reasons = errors::reasons;

namespace {

// Of what the façade has checked already.
std::string Canonical(const std::string& text) {
  return email::CanonicalEmail::Parse(text).value().text();
}

}  // namespace

void FakeUsers::Change(const std::string& email,
                       const std::function<void(users::v1::User&)>& change) {
  const sync::MutexLock lock(&mutex_);
  change(accounts_.at(email).user);
}

void FakeUsers::Delete(const std::string& email) {
  const sync::MutexLock lock(&mutex_);
  accounts_.erase(email);
}

std::vector<users::v1::AuditEvent> FakeUsers::Audited(const std::string& kind) {
  const sync::MutexLock lock(&mutex_);
  std::vector<users::v1::AuditEvent> events;
  for (const users::v1::AuditEvent& event : audited_) {
    if (kind.empty() || event.kind() == kind) events.push_back(event);
  }
  return events;
}

grpc::Status FakeUsers::RecordAuditEvent(grpc::ServerContext* context,
                                         const users::v1::RecordAuditEventRequest* request,
                                         users::v1::RecordAuditEventResponse* response) {
  if (const grpc::Status fault = faults.Enter("RecordAuditEvent", context); !fault.ok()) {
    return fault;
  }
  const sync::MutexLock lock(&mutex_);
  audited_.push_back(request->event());
  audited_.back().set_sequence(static_cast<std::int64_t>(audited_.size()));
  const users::v1::AuditEvent& event = request->event();
  told_.push_back(event.kind() + " " + event.actor() + " " + event.user_id());
  response->set_sequence(audited_.back().sequence());
  return grpc::Status::OK;
}

grpc::Status FakeUsers::ListAuditEvents(grpc::ServerContext* context,
                                        const users::v1::ListAuditEventsRequest* request,
                                        users::v1::ListAuditEventsResponse* response) {
  if (const grpc::Status fault = faults.Enter("ListAuditEvents", context); !fault.ok()) {
    return fault;
  }
  if (request->kind() == "bad") {
    return rpc::ToGrpc(errors::InvalidFields({{"kind", "is bad"}}));
  }
  const sync::MutexLock lock(&mutex_);
  std::size_t at = request->page_token().empty() ? 0 : std::stoul(request->page_token());
  for (int i = 0; i < 2 && at < audited_.size(); ++i, ++at) {
    *response->add_events() = audited_[at];
  }
  if (at < audited_.size()) response->set_next_page_token(std::to_string(at));
  return grpc::Status::OK;
}

grpc::Status FakeUsers::CreateUser(grpc::ServerContext* context,
                                   const users::v1::CreateUserRequest* request,
                                   users::v1::CreateUserResponse* response) {
  if (const grpc::Status fault = faults.Enter("CreateUser", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  auto [place, fresh] = accounts_.try_emplace(Canonical(request->email()));
  users::v1::User& user = place->second.user;
  if (!fresh && request->privately()) return grpc::Status::OK;
  if (!fresh && user.user_id() != request->user_id()) {
    return rpc::ToGrpc(errors::Make(reasons::EMAIL_TAKEN, "this address has an account"));
  }
  user.set_user_id(request->user_id());
  user.set_email(Canonical(request->email()));
  user.set_given_name(request->given_name());
  user.set_family_name(request->family_name());
  user.add_roles("user");
  user.add_scopes("notes.read");
  user.add_scopes("notes.write");
  user.mutable_create_time()->set_seconds(1'800'000'000);
  place->second.password = request->password();
  if (!request->privately()) *response->mutable_user() = user;
  return grpc::Status::OK;
}

grpc::Status FakeUsers::VerifyPassword(grpc::ServerContext* context,
                                       const users::v1::VerifyPasswordRequest* request,
                                       users::v1::VerifyPasswordResponse* response) {
  if (const grpc::Status fault = faults.Enter("VerifyPassword", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  const auto found = accounts_.find(Canonical(request->email()));
  if (found == accounts_.end() || found->second.password != request->password()) {
    return rpc::ToGrpc(errors::Make(reasons::INVALID_CREDENTIALS, "email or password is wrong"));
  }
  if (found->second.user.disabled()) {
    return rpc::ToGrpc(errors::Make(reasons::ACCOUNT_DISABLED, "this account is disabled"));
  }
  *response->mutable_user() = found->second.user;
  if (found->second.user.mfa_enabled()) OpenChallenge(*request, response);
  return grpc::Status::OK;
}

grpc::Status FakeUsers::GetUser(grpc::ServerContext* context,
                                const users::v1::GetUserRequest* request,
                                users::v1::GetUserResponse* response) {
  if (const grpc::Status fault = faults.Enter("GetUser", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  for (const auto& [email, account] : accounts_) {
    if (account.user.user_id() == request->user_id()) {
      *response->mutable_user() = account.user;
      return grpc::Status::OK;
    }
  }
  return rpc::ToGrpc(errors::Make(reasons::NOT_FOUND, "no such user"));
}

}  // namespace tokenforge::auth::testing
