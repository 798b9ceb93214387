// The chain of an audit log: each event's hash is over the event and the hash before it, so whoever
// knows one hash knows that everything up to it is as it was.
//
// Why: a log in a database can be edited by whoever can write there. A row that was changed,
// removed, put in or moved no longer fits the hash after it. What a chain alone cannot show is that
// its end was cut off, or that all of it was made anew: that takes a Link kept elsewhere (docs/
// audit.md).
//
// An event's hash is SHA-256 over these, one after the other; a number is 8 bytes, big-endian; a
// text is its length in bytes as such a number, then its bytes:
//
//   the text "tokenforge.audit.1"
//   the hash before as a text (empty before the first event)
//   sequence; microseconds of Unix time (two's complement)
//   kind, user_id, actor, ip_address, request_id, trace_id
//   how many attributes; the name and the value of each, in the order of the names' bytes
//
// Every part has a length or a count before it, so no two events have the same bytes.
//
// Pure functions and plain values; a ChainCheck is used by one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/audit/event.h"

namespace tokenforge::audit {

// A place in the chain: the event with this sequence has this hash. The default stands before the
// first event.
struct Link {
  std::int64_t sequence = 0;
  std::string hash = {};  // 32 bytes; empty when the sequence is 0

  friend bool operator==(const Link&, const Link&) = default;
};

// "SEQUENCE:HASH", the hash in lower-case hexadecimal; "0:" stands before the first event.
std::string TextOf(const Link& link);
// Nothing for any other text.
std::optional<Link> ParseLink(std::string_view text);

// The hash that the event must have after `previous`; its own `hash` is not read.
std::string ChainHash(std::string_view previous, const Event& event);

// Follows a chain event by event.
class ChainCheck {
 public:
  // From the first event on, or from the one after a link that is known to be good.
  explicit ChainCheck(Link after = {}) : head_(std::move(after)) {}

  // Takes the next event. What is wrong with it, for people, naming its sequence; nothing when it
  // goes on from the one before. After a fault the check is over: nothing behind it means anything.
  std::optional<std::string> Next(const Event& event);

  // The last good event.
  const Link& head() const { return head_; }

 private:
  Link head_;
};

}  // namespace tokenforge::audit
