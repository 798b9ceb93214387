#include "services/users/messages.h"

#include <grpcpp/server_context.h>

#include <chrono>

#include "lib/rpc/server_call.h"
#include "services/users/text.h"
#include "tokenforge/users/v1/users.pb.h"

namespace tokenforge::users {
namespace {

void ToProto(clock::WallTime time, google::protobuf::Timestamp* timestamp) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  timestamp->set_seconds(second.time_since_epoch().count());
  timestamp->set_nanos(static_cast<int>(std::chrono::nanoseconds(time - second).count()));
}

constexpr std::size_t kMaxOriginText = 512;

std::string Storable(const std::string& text) {
  const auto code_points = CountCodePoints(text);
  const bool fits = code_points && *code_points <= kMaxOriginText && !HoldsControlCharacter(text);
  return fits ? text : std::string();
}

}  // namespace

Origin OriginOf(const grpc::CallbackServerContext& context, const v1::Origin& origin) {
  const telemetry::TraceContext trace = rpc::TraceOf(context);
  return {.actor = Storable(origin.actor()),
          .client_id = Storable(origin.client_id()),
          .ip_address = Storable(origin.ip_address()),
          .device_name = Storable(origin.device_name()),
          .user_agent = Storable(origin.user_agent()),
          .request_id = trace.request_id,
          .trace_id = trace.TraceIdHex()};
}

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
  user->set_mfa_enabled(account.mfa_enabled);
  if (account.sessions_valid_from > clock::WallTime()) {
    ToProto(account.sessions_valid_from, user->mutable_sessions_valid_from());
    user->set_kept_session_id(account.kept_session_id);
  }
}

}  // namespace tokenforge::users
