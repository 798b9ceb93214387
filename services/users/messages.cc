#include "services/users/messages.h"

#include <chrono>

#include "tokenforge/users/v1/users.pb.h"

namespace tokenforge::users {
namespace {

void ToProto(clock::WallTime time, google::protobuf::Timestamp* timestamp) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  timestamp->set_seconds(second.time_since_epoch().count());
  timestamp->set_nanos(static_cast<int>(std::chrono::nanoseconds(time - second).count()));
}

}  // namespace

void ToProto(const Account& account, v1::User* user) {
  user->set_user_id(account.user_id);
  user->set_email(account.email.text());
  user->set_email_verified(account.email_verified);
  user->set_given_name(account.given_name);
  user->set_family_name(account.family_name);
  for (const std::string& role : account.roles) user->add_roles(role);
  for (const std::string& scope : account.scopes) user->add_scopes(scope);
  user->set_disabled(account.disabled);
  ToProto(account.create_time, user->mutable_create_time());
  ToProto(account.update_time, user->mutable_update_time());
}

}  // namespace tokenforge::users
