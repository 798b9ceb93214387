// CheckEvent of audit_log.h.
#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "services/users/audit_log.h"
#include "services/users/text.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxText = 2048;  // as long as a SPIFFE ID may be
constexpr std::size_t kMaxAttributes = 32;
constexpr std::chrono::hours kOldest{24 * 7};
constexpr std::chrono::minutes kAhead{1};

bool IsWord(std::string_view text, bool with_dots) {
  const auto fits = [with_dots](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (with_dots && c == '.');
  };
  return !text.empty() && text.size() <= kMaxName && text[0] >= 'a' && text[0] <= 'z' &&
         std::all_of(text.begin(), text.end(), fits);
}

// "login.failed"
bool IsKind(std::string_view text) {
  return IsWord(text, true) && text.find('.') != std::string_view::npos && text.back() != '.' &&
         text.find("..") == std::string_view::npos;
}

bool IsText(const std::string& text, std::size_t most) {
  const auto code_points = CountCodePoints(text);
  return code_points && *code_points <= most && !HoldsControlCharacter(text);
}

void CheckAttributes(const AuditEvent& event, std::vector<errors::FieldFault>& faults) {
  if (event.attributes.size() > kMaxAttributes) {
    faults.push_back({"event.attributes", "must be at most 32"});
  }
  const auto good = [](const auto& each) {
    return IsWord(each.first, false) && IsText(each.second, kMaxText);
  };
  if (!std::all_of(event.attributes.begin(), event.attributes.end(), good)) {
    faults.push_back({"event.attributes",
                      "must have names of lower-case letters, digits and underscores, and values "
                      "of at most 2048 characters without control characters"});
  }
}

}  // namespace

absl::Status CheckEvent(const AuditEvent& event, clock::WallTime now) {
  std::vector<errors::FieldFault> faults;
  if (event.sequence != 0) faults.push_back({"event.sequence", "is set by the log"});
  if (!event.hash.empty()) faults.push_back({"event.hash", "is set by the log"});
  if (event.time > now + kAhead || event.time < now - kOldest) {
    faults.push_back({"event.event_time", "must be of the last week"});
  }
  if (!IsKind(event.kind)) {
    faults.push_back({"event.kind", "must be lower-case words with dots between them"});
  }
  if (!event.user_id.empty() && !uuid::IsCanonical(event.user_id)) {
    faults.push_back({"event.user_id", "must be a lower-case UUID, or empty"});
  }
  const std::pair<const char*, const std::string*> texts[] = {
      {"event.actor", &event.actor},
      {"event.ip_address", &event.ip_address},
      {"event.request_id", &event.request_id},
      {"event.trace_id", &event.trace_id}};
  for (const auto& [field, text] : texts) {
    if (!IsText(*text, kMaxText)) {
      faults.push_back({field, "must be at most 2048 characters without control characters"});
    }
  }
  CheckAttributes(event, faults);
  return errors::InvalidFields(faults);
}

}  // namespace tokenforge::users
