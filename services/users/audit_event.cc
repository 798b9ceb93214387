#include "services/users/audit_event.h"

#include <algorithm>
#include <utility>

#include "services/users/text.h"

namespace tokenforge::users {
namespace {

bool IsKept(const std::string& value) {
  const auto code_points = CountCodePoints(value);
  return code_points && *code_points <= kMaxAttribute && !HoldsControlCharacter(value);
}

bool IsStorable(const std::string& text) {
  return text.find('\0') == std::string::npos && CountCodePoints(text).has_value();
}

}  // namespace

AuditEvent Audited(const Origin& origin, clock::WallTime now, std::string kind, std::string user_id,
                   std::map<std::string, std::string> attributes) {
  for (auto& [name, value] : attributes) {
    if (!IsKept(value)) value = "(not kept)";
  }
  return {.time = now,
          .kind = std::move(kind),
          .user_id = std::move(user_id),
          .actor = origin.actor,
          .ip_address = origin.ip_address,
          .request_id = origin.request_id,
          .trace_id = origin.trace_id,
          .attributes = std::move(attributes)};
}

bool IsStorable(const AuditEvent& event) {
  const auto attribute = [](const auto& each) {
    return IsStorable(each.first) && IsStorable(each.second);
  };
  return IsStorable(event.kind) && IsStorable(event.user_id) && IsStorable(event.actor) &&
         IsStorable(event.ip_address) && IsStorable(event.request_id) &&
         IsStorable(event.trace_id) &&
         std::all_of(event.attributes.begin(), event.attributes.end(), attribute);
}

}  // namespace tokenforge::users
