#include "services/users/directory_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "lib/uuid/uuid.h"
#include "services/users/audit_event.h"
#include "services/users/registration.h"
#include "services/users/text.h"

namespace tokenforge::users {
namespace {

constexpr std::int32_t kDefaultPage = 100;
constexpr std::int32_t kMaxPage = 1000;
constexpr std::size_t kMaxPageTokenBytes = 1024;
// What page tokens begin with: what the list is in order of.
constexpr char kById = 'i';
constexpr char kByEmail = 'e';
// Below every character of an ID or an email: with it behind, each is the first text after itself.
constexpr char kBehind = '\x01';

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::vector<std::string> Sorted(std::vector<std::string> grants, const char* field,
                                bool (*is_one)(std::string_view), const char* spelling,
                                Faults& faults) {
  if (grants.size() > kMaxGrants) faults.push_back({field, "must be at most 64"});
  if (!std::all_of(grants.begin(), grants.end(), is_one)) faults.push_back({field, spelling});
  std::sort(grants.begin(), grants.end());
  grants.erase(std::unique(grants.begin(), grants.end()), grants.end());
  return grants;
}

// What an email may begin with, roughly: visible ASCII, not more than a whole one.
bool IsPrefix(std::string_view text) {
  return text.size() <= email::CanonicalEmail::kMaxBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

// Where the page begins; nothing when the token was not made for a list with this prefix.
std::optional<std::string> PlaceOf(const std::string& token, const std::string& prefix) {
  std::string bytes;
  if (token.size() > kMaxPageTokenBytes || !absl::WebSafeBase64Unescape(token, &bytes) ||
      absl::WebSafeBase64Escape(bytes) != token || bytes.empty()) {
    return std::nullopt;
  }
  std::string place = bytes.substr(1);
  if (prefix.empty()) {
    if (bytes[0] != kById || !uuid::IsCanonical(place)) return std::nullopt;
    return place + kBehind;
  }
  const auto last = email::CanonicalEmail::Parse(place);
  if (bytes[0] != kByEmail || !place.starts_with(prefix) || !last.ok() || last->text() != place) {
    return std::nullopt;
  }
  return place + kBehind;
}

}  // namespace

bool IsRole(std::string_view text) {
  if (text.empty() || text.size() > kMaxRoleBytes || !IsLowerOrDigit(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsLowerOrDigit(c) || c == '.' || c == '_' || c == ':' || c == '/' || c == '-';
  });
}

bool IsScope(std::string_view text) {
  if (text.empty() || text.size() > kMaxScopeBytes) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < '\x7F' && c != '"' && c != '\\'; });
}

std::vector<std::string> SortedRoles(std::vector<std::string> roles, Faults& faults) {
  return Sorted(std::move(roles), "roles", IsRole, "must each be [a-z0-9][a-z0-9._:/-]{0,63}",
                faults);
}

std::vector<std::string> SortedScopes(std::vector<std::string> scopes, Faults& faults) {
  return Sorted(std::move(scopes), "scopes", IsScope,
                "must each be 1 to 128 visible ASCII characters without '\"' and '\\'", faults);
}

std::string Listed(const std::vector<std::string>& grants) {
  constexpr std::size_t kRoom = 64;  // for "and 64 more"
  std::string listed;
  for (std::size_t i = 0; i < grants.size(); ++i) {
    if (listed.size() + grants[i].size() + kRoom > kMaxAttribute) {
      return listed + " and " + std::to_string(grants.size() - i) + " more";
    }
    listed += (listed.empty() ? "" : " ") + grants[i];
  }
  return listed;
}

void CheckName(const std::string& field, std::string_view name, Faults& faults) {
  const std::optional<std::size_t> code_points = CountCodePoints(name);
  if (!code_points) {
    faults.push_back({field, "is not valid UTF-8"});
    return;
  }
  if (*code_points > kMaxNameCodePoints) {
    faults.push_back({field, "is longer than 100 characters"});
  }
  if (HoldsControlCharacter(name)) faults.push_back({field, "holds a control character"});
}

void CheckUserId(std::string_view user_id, Faults& faults) {
  if (!uuid::IsCanonical(user_id)) faults.push_back({"user_id", "must be a lower-case UUID"});
}

void CheckReason(std::string_view reason, Faults& faults) {
  const std::optional<std::size_t> code_points = CountCodePoints(reason);
  if (!code_points || *code_points > kMaxReasonCodePoints || HoldsControlCharacter(reason)) {
    faults.push_back({"reason", "must be at most 200 characters without control characters"});
  }
}

absl::StatusOr<Listing> CheckListing(const ListingForm& form) {
  Faults faults;
  Listing listing;
  if (form.page_size < 0) faults.push_back({"page_size", "must not be negative"});
  const std::int32_t size = form.page_size == 0 ? kDefaultPage : form.page_size;
  listing.size = static_cast<std::size_t>(std::clamp(size, 1, kMaxPage));
  listing.prefix = absl::AsciiStrToLower(form.email_prefix);
  if (!IsPrefix(listing.prefix)) {
    listing.prefix.clear();
    faults.push_back({"email_prefix", "is nothing that an email begins with"});
  } else if (!form.page_token.empty()) {
    std::optional<std::string> place = PlaceOf(form.page_token, listing.prefix);
    if (!place) {
      faults.push_back({"page_token", "must be the next_page_token of the same list"});
    } else {
      listing.from = *std::move(place);
    }
  }
  if (!faults.empty()) return errors::InvalidFields(faults);
  return listing;
}

std::string PageTokenAfter(const Listing& listing, const std::string& user_id,
                           const email::CanonicalEmail& email) {
  return absl::WebSafeBase64Escape(listing.prefix.empty() ? kById + user_id
                                                          : kByEmail + email.text());
}

}  // namespace tokenforge::users
