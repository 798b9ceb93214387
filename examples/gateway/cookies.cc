#include "cookies.h"

#include <algorithm>

namespace gateway {
namespace {

constexpr char kAttributes[] = "; Path=/; Secure; HttpOnly; SameSite=Strict";

std::string Trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::string CookieOf(const httplib::Request& request, const std::string& name) {
  const std::string header = request.get_header_value("Cookie");
  std::string found;
  for (std::size_t begin = 0; begin < header.size();) {
    const std::size_t end = std::min(header.find(';', begin), header.size());
    const std::string pair = Trimmed(header.substr(begin, end - begin));
    begin = end + 1;
    if (!pair.starts_with(name + "=")) continue;
    if (!found.empty()) return {};  // which of them is ours?
    found = pair.substr(name.size() + 1);
  }
  return found;
}

void SetCookie(httplib::Response& response, const std::string& name, const std::string& value,
               int64_t expire_time) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t left = expire_time - std::chrono::duration_cast<std::chrono::seconds>(now).count();
  response.headers.emplace("Set-Cookie", name + "=" + value + kAttributes + "; Max-Age=" +
                                             std::to_string(std::max<int64_t>(left, 0)));
}

void DropCookie(httplib::Response& response, const std::string& name) {
  response.headers.emplace("Set-Cookie", name + "=" + kAttributes + "; Max-Age=0");
}

}  // namespace gateway
