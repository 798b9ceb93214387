// How a user's sessions are laid out in Redis: one value per user, one packed record per session.
//
// Why one value and not a key per session with an index beside it: an index goes stale (in other
// systems three quarters of its entries were dead) and costs as much again; here it cannot exist.
// The value dies with its last session, and everything about a user changes in one step.
//
//   value  = 0x01 record*                                        oldest first; at most 50
//   record = session ID (16 bytes)  size of the rest (2)
//            created (6)  generation (4)  number of moves (1)  moves (6 each)
//            client, device name, user agent, IP address, amr    each with its length (2) in front
//            then any number of further fields: tag (1)  size (1)  so many bytes
//   tag 1  the bucket of refresh_limit.h: missing (6), up to when by the store's (6) and by the
//          service's clock (6); without it the bucket is full
// A reader passes over a field whose tag it does not know, and loses it when it writes the record:
// so replicas of two versions can work side by side while one is rolled out.
// Numbers are big-endian; times are milliseconds since 1970; `amr` is joined by spaces.
// The Lua scripts (session_scripts.h) read and write the same. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/sessions/session_store.h"

namespace tokenforge::sessions {

inline constexpr char kRecordsVersion = 1;

std::string EncodeRecord(const Session& session);

// Every record of the value, expired or not, in its order. INTERNAL_FAULT: damaged, or written by a
// later version.
absl::StatusOr<std::vector<Session>> DecodeRecords(uuid::Uuid user, std::string_view value);

// One record that a script hands back.
absl::StatusOr<Session> DecodeRecord(uuid::Uuid user, std::string_view record);

// An entry of the revocation log: kind (1), end (6), issued before (6), and the ID.
std::string EncodeRevocation(const Revocation& revocation);
absl::StatusOr<Revocation> DecodeRevocation(std::string_view entry);

// 16 bytes as they are: half of what the text costs.
std::string_view AsBytes(const uuid::Uuid& id);
absl::StatusOr<uuid::Uuid> UuidFromBytes(std::string_view bytes);

}  // namespace tokenforge::sessions
