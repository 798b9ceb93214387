// Fuzz target: a function of any bytes that ends the process when a promise of lib/telemetry is
// broken, and otherwise tells whether the bytes were accepted.
#pragma once

#include <string_view>

namespace tokenforge::fuzz {

// The bytes are the headers of one incoming call, "name:value" in each line. Whatever they say, the
// context made of them is one that we may send on: valid ids, a tracestate within its limits that
// reads back as itself, so the baggage, a valid request id; and who receives our own headers
// makes the same context of them. Accepted: the call's trace was joined.
bool CheckTrace(std::string_view bytes);

}  // namespace tokenforge::fuzz
