// AclUsers: the ACL files that ship in deploy/redis, with passwords, for a test's own servers.
//
// What differs from what an operator installs: the passwords, and that the default user stays on
// and may do everything, because the test itself looks into the server and breaks it. Throws when a
// file is missing. Immutable.
#pragma once

#include <string>

#include "lib/redis/client.h"

namespace tokenforge::fakes {

class AclUsers {
 public:
  // Which of deploy/redis: the servers' users, or those of the sentinels.
  enum class Of { kServers, kSentinels };

  explicit AclUsers(Of whose = Of::kServers);

  // The file's text, to be written where a server finds it.
  const std::string& text() const { return text_; }
  // Writes it to `path`; then it is that server's setting `aclfile`.
  void WriteTo(const std::string& path) const;

  static std::string PasswordOf(const std::string& user) { return "password-of-" + user; }

 private:
  std::string text_;
};

// The same settings, as this user.
redis::Options As(const std::string& user, redis::Options options);

}  // namespace tokenforge::fakes
