// FakeUsers, as far as it is about administration.
#include "lib/errors/errors.h"
#include "tests/services/auth/fake_users.h"

namespace tokenforge::auth::testing {

namespace reasons = errors::reasons;

std::vector<std::string> FakeUsers::Told() const {
  const sync::MutexLock lock(&mutex_);
  return told_;
}

int FakeUsers::BrokenImports() const {
  const sync::MutexLock lock(&mutex_);
  return broken_imports_;
}

users::v1::User* FakeUsers::Find(const std::string& user_id) {
  for (auto& [email, account] : accounts_) {
    if (account.user.user_id() == user_id) return &account.user;
  }
  return nullptr;
}

grpc::Status FakeUsers::Change(const std::string& kind, const std::string& actor,
                               const std::string& user_id,
                               const std::function<void(users::v1::User&)>& change,
                               users::v1::User* shown) {
  const sync::MutexLock lock(&mutex_);
  users::v1::User* const user = Find(user_id);
  if (user == nullptr) return rpc::ToGrpc(errors::Make(reasons::NOT_FOUND, "no such user"));
  change(*user);
  told_.push_back(kind + " " + actor + " " + user_id);
  if (shown != nullptr) *shown = *user;
  return grpc::Status::OK;
}

grpc::Status FakeUsers::GetUserByEmail(grpc::ServerContext* context,
                                       const users::v1::GetUserByEmailRequest* request,
                                       users::v1::GetUserByEmailResponse* response) {
  if (const grpc::Status fault = faults.Enter("GetUserByEmail", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  const auto found = accounts_.find(request->email());
  if (found == accounts_.end()) {
    return rpc::ToGrpc(errors::Make(reasons::NOT_FOUND, "no such user"));
  }
  *response->mutable_user() = found->second.user;
  return grpc::Status::OK;
}

grpc::Status FakeUsers::ListUsers(grpc::ServerContext* context,
                                  const users::v1::ListUsersRequest* request,
                                  users::v1::ListUsersResponse* response) {
  if (const grpc::Status fault = faults.Enter("ListUsers", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  for (const auto& [email, account] : accounts_) {
    if (email.starts_with(request->email_prefix())) *response->add_users() = account.user;
  }
  response->set_next_page_token(request->page_token() + "+");
  return grpc::Status::OK;
}

grpc::Status FakeUsers::UpdateUser(grpc::ServerContext* context,
                                   const users::v1::UpdateUserRequest* request,
                                   users::v1::UpdateUserResponse* response) {
  if (const grpc::Status fault = faults.Enter("UpdateUser", context); !fault.ok()) return fault;
  auto change = [&](users::v1::User& user) {
    for (const std::string& path : request->update_mask().paths()) {
      if (path == "given_name") user.set_given_name(request->given_name());
      if (path == "family_name") user.set_family_name(request->family_name());
    }
  };
  return Change("account.updated", request->origin().actor(), request->user_id(), change,
                response->mutable_user());
}

grpc::Status FakeUsers::SetRoles(grpc::ServerContext* context,
                                 const users::v1::SetRolesRequest* request,
                                 users::v1::SetRolesResponse* response) {
  if (const grpc::Status fault = faults.Enter("SetRoles", context); !fault.ok()) return fault;
  auto change = [&](users::v1::User& user) {
    *user.mutable_roles() = request->roles();
    *user.mutable_scopes() = request->scopes();
  };
  return Change("account.roles_changed", request->origin().actor(), request->user_id(), change,
                response->mutable_user());
}

grpc::Status FakeUsers::SetDisabled(grpc::ServerContext* context,
                                    const users::v1::SetDisabledRequest* request,
                                    users::v1::SetDisabledResponse* response) {
  if (const grpc::Status fault = faults.Enter("SetDisabled", context); !fault.ok()) return fault;
  auto change = [&](users::v1::User& user) { user.set_disabled(request->disabled()); };
  return Change(request->disabled() ? "account.disabled" : "account.enabled",
                request->origin().actor(), request->user_id(), change, response->mutable_user());
}

grpc::Status FakeUsers::Unlock(grpc::ServerContext* context,
                               const users::v1::UnlockRequest* request,
                               users::v1::UnlockResponse* /*response*/) {
  if (const grpc::Status fault = faults.Enter("Unlock", context); !fault.ok()) return fault;
  return Change(
      "account.unlocked", request->origin().actor(), request->user_id(), [](users::v1::User&) {},
      nullptr);
}

grpc::Status FakeUsers::DeleteUser(grpc::ServerContext* context,
                                   const users::v1::DeleteUserRequest* request,
                                   users::v1::DeleteUserResponse* /*response*/) {
  if (const grpc::Status fault = faults.Enter("DeleteUser", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  const users::v1::User* const user = Find(request->user_id());
  if (user == nullptr) return grpc::Status::OK;
  told_.push_back("account.deleted " + request->origin().actor() + " " + request->user_id());
  accounts_.erase(std::string(user->email()));
  return grpc::Status::OK;
}

grpc::Status FakeUsers::ImportUsers(grpc::ServerContext* context,
                                    grpc::ServerReader<users::v1::ImportUsersRequest>* rows,
                                    users::v1::ImportUsersResponse* response) {
  if (const grpc::Status fault = faults.Enter("ImportUsers", context); !fault.ok()) return fault;
  users::v1::ImportUsersRequest row;
  std::string actor;
  for (int number = 1; rows->Read(&row); ++number) {
    if (number == 1) actor = row.origin().actor();
    if (!row.user().email().empty()) {
      response->set_imported(response->imported() + 1);
      continue;
    }
    response->set_refused(response->refused() + 1);
    auto* const told = response->add_faults();
    told->set_row(number);
    told->set_reason("INVALID_FIELD");
    told->set_description("email: is empty");
  }
  const sync::MutexLock lock(&mutex_);
  if (context->IsCancelled()) {
    ++broken_imports_;
  } else {
    told_.push_back("users.imported " + actor + " ");
  }
  return grpc::Status::OK;
}

}  // namespace tokenforge::auth::testing
