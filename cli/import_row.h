// A line of an import file: one account as a JSON object.
//
//   {"email": "ann@example.org", "password_hash": "$2b$12$…", "given_name": "Ann", "roles":
//   ["user"]}
//
// Members: email and password_hash are required; user_id, email_verified, given_name, family_name,
// roles, scopes, disabled and create_time (RFC 3339) may be there. Strict: an unknown or repeated
// member, a value of another type, or anything after the object is a fault, because a slip of the
// pen would else be an account without its roles. What the values must be, the users service says.
//
// Pure; no fault repeats what a line holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tokenforge/auth/v1/admin.pb.h"

namespace tokenforge::cli {

inline constexpr std::size_t kMaxImportLine = 64 << 10;  // bytes, checked before anything is parsed

absl::StatusOr<auth::v1::ImportUsersRequest> ParseImportLine(std::string_view line);

// The ID of a row that brings none: made of the import's own ID and the line's number, so that the
// row is recognised when it is sent again, and yet no two imports ever make the same one. A UUID of
// version 8 (RFC 9562), in the order of the lines.
std::string UserIdOf(std::string_view import_id, std::uint64_t line);

}  // namespace tokenforge::cli
