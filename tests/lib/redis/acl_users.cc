#include "tests/lib/redis/acl_users.h"

#include <fstream>
#include <stdexcept>
#include <string_view>

namespace tokenforge::fakes {
namespace {

constexpr std::string_view kDefault = "user default ";
constexpr std::string_view kReset = " resetpass ";

std::string WithPassword(const std::string& line) {
  if (line.starts_with(kDefault)) return "user default on nopass ~* &* +@all";
  const size_t name = line.find(' ') + 1;
  const std::string user = line.substr(name, line.find(' ', name) - name);
  const size_t reset = line.find(kReset);
  if (reset == std::string::npos) throw std::runtime_error("no resetpass in: " + line);
  std::string with = line;
  return with.insert(reset + kReset.size(), ">" + AclUsers::PasswordOf(user) + " ");
}

}  // namespace

AclUsers::AclUsers(Of whose) {
  const std::string path = std::string(TOKENFORGE_SOURCE_DIR) + "/deploy/redis/" +
                           (whose == Of::kServers ? "users.acl" : "sentinel-users.acl");
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) text_ += WithPassword(line) + "\n";
  if (text_.empty()) throw std::runtime_error("no users in " + path);
}

void AclUsers::WriteTo(const std::string& path) const {
  std::ofstream file(path, std::ios::trunc);
  file << text_;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

redis::Options As(const std::string& user, redis::Options options) {
  options.username = user;
  options.password = secret::Secret(AclUsers::PasswordOf(user));
  return options;
}

}  // namespace tokenforge::fakes
