// ImportUsers of user_admin_flows.h.
#include <string>
#include <utility>

#include "services/auth/outward.h"
#include "services/auth/user_admin_flows.h"

namespace tokenforge::auth {
namespace {

users::v1::ImportUsersRequest ToInternal(v1::ImportUsersRequest&& row) {
  users::v1::ImportUsersRequest told;
  users::v1::User& user = *told.mutable_user();
  v1::User& given = *row.mutable_user();
  user.set_user_id(std::move(*given.mutable_user_id()));
  user.set_email(std::move(*given.mutable_email()));
  user.set_email_verified(given.email_verified());
  user.set_given_name(std::move(*given.mutable_given_name()));
  user.set_family_name(std::move(*given.mutable_family_name()));
  user.mutable_roles()->Swap(given.mutable_roles());
  user.mutable_scopes()->Swap(given.mutable_scopes());
  user.set_disabled(given.disabled());
  if (given.has_create_time()) *user.mutable_create_time() = given.create_time();
  told.set_password_hash(std::move(*row.mutable_password_hash()));
  return told;
}

void ToPublic(const users::v1::ImportUsersResponse& tally, v1::ImportUsersResponse* response) {
  response->set_imported(tally.imported());
  response->set_present(tally.present());
  response->set_refused(tally.refused());
  for (const auto& fault : tally.faults()) {
    v1::ImportUsersResponse::Fault* const told = response->add_faults();
    told->set_row(fault.row());
    told->set_reason(fault.reason());
    told->set_description(fault.description());
  }
}

}  // namespace

async::Task<absl::Status> ImportUsers(Facade& facade, Origin origin, Caller caller,
                                      rpc::ReadStream<v1::ImportUsersRequest>& rows,
                                      v1::ImportUsersResponse* response) {
  const auto importing = facade.directory.ImportUsers(origin.call);
  bool first = true;
  for (v1::ImportUsersRequest row;; row.Clear()) {
    async::Task<bool> reading = rows.Next(&row);
    if (!co_await std::move(reading)) break;
    users::v1::ImportUsersRequest told = ToInternal(std::move(row));
    if (std::exchange(first, false)) {
      *told.mutable_origin() = ToUsersOrigin(origin, caller.subject());
    }
    async::Task<bool> writing = importing->Write(std::move(told));
    if (!co_await std::move(writing)) break;
  }
  // Whoever went away in the middle did not end the import: the users service must not think so.
  if (origin.call.Cancelled()) co_return absl::OkStatus();
  auto finishing = importing->Finish();
  const auto tally = co_await std::move(finishing);
  if (!tally.ok()) co_return Outward(tally.status(), "users.ImportUsers");
  ToPublic(*tally, response);
  co_return absl::OkStatus();
}

}  // namespace tokenforge::auth
