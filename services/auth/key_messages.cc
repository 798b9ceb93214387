#include "services/auth/key_messages.h"

namespace tokenforge::auth {
namespace {

const char* NameOf(keys::v1::KeyState state) {
  switch (state) {
    case keys::v1::NEXT:
      return "next";
    case keys::v1::ACTIVE:
      return "active";
    case keys::v1::RETIRED:
      return "retired";
    case keys::v1::REVOKED:
      return "revoked";
    default:
      return "";  // of a newer keys service
  }
}

}  // namespace

v1::SigningKey ToPublic(const keys::v1::SigningKey& key) {
  v1::SigningKey shown;
  shown.set_kid(key.kid());
  shown.set_algorithm(key.algorithm());
  shown.set_state(NameOf(key.state()));
  if (key.has_create_time()) *shown.mutable_create_time() = key.create_time();
  if (key.has_activate_time()) *shown.mutable_activate_time() = key.activate_time();
  if (key.has_retire_time()) *shown.mutable_retire_time() = key.retire_time();
  return shown;
}

void AddRevoked(const google::protobuf::RepeatedPtrField<keys::v1::SigningKey>& keys,
                std::chrono::seconds life,
                google::protobuf::RepeatedPtrField<v1::Revocation>& revocations) {
  for (const keys::v1::SigningKey& key : keys) {
    if (key.state() != keys::v1::REVOKED) continue;
    v1::Revocation& revocation = *revocations.Add();
    revocation.set_kid(key.kid());
    *revocation.mutable_end_time() = key.retire_time();
    revocation.mutable_end_time()->set_seconds(key.retire_time().seconds() + life.count());
  }
}

}  // namespace tokenforge::auth
