#include "services/auth/messages.h"

namespace tokenforge::auth {

v1::User ToPublic(const users::v1::User& user) {
  v1::User shown;
  shown.set_user_id(user.user_id());
  shown.set_email(user.email());
  shown.set_email_verified(user.email_verified());
  shown.set_given_name(user.given_name());
  shown.set_family_name(user.family_name());
  *shown.mutable_roles() = user.roles();
  shown.set_disabled(user.disabled());
  shown.set_mfa_enabled(user.mfa_enabled());
  *shown.mutable_create_time() = user.create_time();
  *shown.mutable_update_time() = user.update_time();
  return shown;
}

v1::Session ToPublic(const sessions::v1::Session& session, const std::string& current_session) {
  v1::Session shown;
  shown.set_session_id(session.session_id());
  shown.mutable_device()->set_name(session.device().name());
  shown.mutable_device()->set_user_agent(session.device().user_agent());
  shown.mutable_device()->set_ip_address(session.device().ip_address());
  *shown.mutable_create_time() = session.create_time();
  *shown.mutable_last_used_time() = session.last_used_time();
  *shown.mutable_expire_time() = session.expire_time();
  shown.set_current(session.session_id() == current_session);
  return shown;
}

v1::Revocation ToPublic(const sessions::v1::Revocation& revocation) {
  using What = sessions::v1::Revocation::WhatCase;
  v1::Revocation shown;
  switch (revocation.what_case()) {
    case What::kJti:
      shown.set_jti(revocation.jti());
      break;
    case What::kSessionId:
      shown.set_session_id(revocation.session_id());
      break;
    case What::kUserTokens:
      shown.mutable_user_tokens()->set_user_id(revocation.user_tokens().user_id());
      *shown.mutable_user_tokens()->mutable_issued_before() =
          revocation.user_tokens().issued_before();
      break;
    case What::WHAT_NOT_SET:
      break;
  }
  *shown.mutable_end_time() = revocation.end_time();
  return shown;
}

sessions::v1::Device ToInternal(const v1::Device& device, const Origin& origin) {
  sessions::v1::Device told;
  told.set_name(device.name());
  told.set_user_agent(device.user_agent());
  told.set_ip_address(device.ip_address().empty() ? origin.address : device.ip_address());
  return told;
}

}  // namespace tokenforge::auth
