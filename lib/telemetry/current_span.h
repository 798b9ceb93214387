// Whether a span is the one that the current task works below (lib/telemetry/span.h).
//
// Thread-safe.
#pragma once

#include "lib/telemetry/trace.h"

namespace tokenforge::telemetry {

// False when nothing is recorded: then no task has a span.
bool IsCurrentSpan(const TraceContext& context);

}  // namespace tokenforge::telemetry
