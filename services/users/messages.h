// Accounts as the wire's messages. Pure; nothing secret is ever copied.
#pragma once

#include "services/users/account.h"

namespace tokenforge::users {

namespace v1 {
class User;
}

void ToProto(const Account& account, v1::User* user);

}  // namespace tokenforge::users
