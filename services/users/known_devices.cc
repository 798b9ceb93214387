#include "services/users/known_devices.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"
#include "services/users/mail_intents.h"

namespace tokenforge::users {
namespace {

// With the length of each part, so that no two say the same; with the user's ID, so that a hash
// tells nothing of another user.
std::string TraitOf(std::string_view kind, const std::string& user_id,
                    const std::vector<std::string>& parts) {
  std::string bytes = user_id;
  for (const std::string& part : parts) bytes += ' ' + std::to_string(part.size()) + ' ' + part;
  const secret::Digest digest = secret::Sha256(bytes);
  const std::string_view hash = secret::AsBytes(digest);
  return std::string(kind) + ':' + absl::BytesToHexString({hash.data(), hash.size()});
}

}  // namespace

std::string NetworkOf(std::string_view address) {
  const std::string text(address);
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> printed{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
    const bool mapped =
        std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
        bytes[10] == 0xFF && bytes[11] == 0xFF;
    if (!mapped) {
      std::fill(bytes.begin() + 6, bytes.end(), 0);
      ::inet_ntop(AF_INET6, bytes.data(), printed.data(), printed.size());
      return std::string(printed.data()) + "/48";
    }
    std::copy(bytes.begin() + 12, bytes.end(), bytes.begin());
  } else if (::inet_pton(AF_INET, text.c_str(), bytes.data()) != 1) {
    return "";
  }
  bytes[3] = 0;
  ::inet_ntop(AF_INET, bytes.data(), printed.data(), printed.size());
  return std::string(printed.data()) + "/24";
}

LoginSeen SeenBy(const Account& account, const Origin& origin, clock::WallTime now) {
  LoginSeen seen{
      .user_id = account.user_id,
      .traits = {},
      .time = now,
      .alert = MailOf(mail_kinds::kNewLogin, account.email, account.user_id, origin, now)};
  if (!origin.device_name.empty() || !origin.user_agent.empty()) {
    seen.traits.push_back(
        TraitOf("device", account.user_id, {origin.device_name, origin.user_agent}));
  }
  if (const std::string network = NetworkOf(origin.ip_address); !network.empty()) {
    seen.traits.push_back(TraitOf("network", account.user_id, {network}));
  }
  return seen;
}

}  // namespace tokenforge::users
