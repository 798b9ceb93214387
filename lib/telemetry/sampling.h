// Which traces are recorded: the decision is made once, where a trace begins, and travels with it.
//
// Parent-based: a call that came with a good traceparent is recorded or not as its flag says. A
// trace that begins here is recorded when the random part of its id (its last 56 bits, as W3C Trace
// Context Level 2 has it) lies within the ratio: without state, alike in every process that has the
// same ratio, and whether or not this process itself exports anything.
//
// Thread-safe.
#pragma once

#include "lib/telemetry/trace.h"

namespace tokenforge::telemetry {

// 0: none; 1 (at the start of a process): every one. Other values are clamped.
void SetRootSampleRatio(double ratio);

// Whether the trace of this id, if it begins here, is to be recorded.
bool SamplesRoot(const TraceId& trace_id);

}  // namespace tokenforge::telemetry
