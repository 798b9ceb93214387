// Accounts and origins as the wire's messages. Nothing secret is ever copied.
#pragma once

#include "services/users/account.h"
#include "services/users/origin.h"

namespace grpc {
class CallbackServerContext;
}

namespace tokenforge::users {

namespace v1 {
class Origin;
class User;
}  // namespace v1

void ToProto(const Account& account, v1::User* user);

// With the call's trace and request ID. A text that could not be stored or shown (not UTF-8, with a
// control character, over 512 characters) becomes empty: where a call came from is told, never a
// reason to refuse it.
Origin OriginOf(const grpc::CallbackServerContext& context, const v1::Origin& origin);

}  // namespace tokenforge::users
