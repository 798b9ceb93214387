// The errors that a client gives, in one place. Private to lib/redis.
//
// None of them holds an argument of a command, nor the server's text (which may quote arguments):
// only the error code that begins it, such as WRONGTYPE.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace tokenforge::redis::failures {

absl::Status NotConnected();
absl::Status ConnectionLost(std::string_view operation, bool sent);
absl::Status DeadlinePassed(std::string_view operation, bool sent);
absl::Status QueueFull();
absl::Status ClientClosed();
absl::Status NotReplicated(std::string_view operation);
absl::Status SpansSlots(std::string_view operation);
absl::Status RedirectedInCircles(std::string_view operation);
absl::Status NotEverySlotIsServed();
// What an error reply means; `text` is the server's line without the leading '-'.
absl::Status FromServer(std::string_view operation, std::string_view text);
bool IsUnknownScript(std::string_view text);
// The code of an error reply, such as READONLY, also where Redis before 7 wraps that of a command
// inside a script; ERR where there is none.
std::string_view CodeOf(std::string_view text);

}  // namespace tokenforge::redis::failures
