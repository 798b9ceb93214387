// What administrators may ask of accounts, checked: names of people, roles and scopes, lists of
// accounts and where they go on. Pure rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/email/canonical_email.h"
#include "lib/errors/errors.h"

namespace tokenforge::users {

using Faults = std::vector<errors::FieldFault>;

inline constexpr std::size_t kMaxGrants = 64;  // roles of an account, and scopes
inline constexpr std::size_t kMaxRoleBytes = 64;
inline constexpr std::size_t kMaxScopeBytes = 128;
inline constexpr std::size_t kMaxReasonCodePoints = 200;
inline constexpr const char* kAdministrator = "admin";  // the role

// Whether a role is spelled like one: [a-z0-9][a-z0-9._:/-]{0,63}; a scope: RFC 6749 section 3.3
// (visible ASCII but '"' and '\'), at most 128 characters.
bool IsRole(std::string_view text);
bool IsScope(std::string_view text);

// Sorted and without repetitions; faults name `roles` and `scopes`.
std::vector<std::string> SortedRoles(std::vector<std::string> roles, Faults& faults);
std::vector<std::string> SortedScopes(std::vector<std::string> scopes, Faults& faults);

// A person's name: valid UTF-8, at most 100 characters, no control character; may be empty.
void CheckName(const std::string& field, std::string_view name, Faults& faults);
void CheckUserId(std::string_view user_id, Faults& faults);
// Roles or scopes for an audit event, whose attributes have a bound: as many as fit, and how many
// more there are.
std::string Listed(const std::vector<std::string>& grants);
// What an administrator says about why, for the audit log.
void CheckReason(std::string_view reason, Faults& faults);

// A page of accounts: by ID, or with a prefix by email.
struct Listing {
  std::string prefix = {};  // lower case; empty: by ID
  // The first ID or email that may be on the page; empty: the first there is.
  std::string from = {};
  std::size_t size = 100;
};

// As it came. INVALID_FIELD with every fault: a negative size, a prefix that no email begins with,
// a page token that is not of this list.
struct ListingForm {
  std::int32_t page_size = 0;  // 0: 100; more than 1,000: 1,000
  std::string page_token = {};
  std::string email_prefix = {};
};
absl::StatusOr<Listing> CheckListing(const ListingForm& form);

// The token of the page after the one that ends with this account. Opaque to clients: base64url
// over what it goes on by.
std::string PageTokenAfter(const Listing& listing, const std::string& user_id,
                           const email::CanonicalEmail& email);

}  // namespace tokenforge::users
