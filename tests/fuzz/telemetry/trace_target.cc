#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "lib/telemetry/trace.h"
#include "tests/fuzz/telemetry/targets.h"

namespace tokenforge::fuzz {
namespace {

using telemetry::TraceContext;

void Must(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> pieces;
  while (true) {
    const std::size_t end = text.find(at);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

template <std::size_t kSize>
bool AllZero(const std::array<std::uint8_t, kSize>& bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// What is sent on obeys W3C Trace Context, section 3.3: members in the caller's order, each key
// once.
void CheckState(std::string_view received, const std::string& state) {
  if (state.empty()) return;
  Must(state.size() <= 512 && IsPrintable(state));
  Must(telemetry::NormalizeTracestate(state) == state);
  const std::vector<std::string_view> members = Split(state, ',');
  Must(members.size() <= 32);
  std::vector<std::string_view> keys;
  std::size_t from = 0;
  for (const std::string_view member : members) {
    from = received.find(member, from);
    Must(from != std::string_view::npos);
    from += member.size();
    keys.push_back(member.substr(0, member.find('=')));
    Must(!keys.back().empty() && keys.back().size() < member.size());
  }
  std::ranges::sort(keys);
  Must(std::ranges::adjacent_find(keys) == keys.end());
}

// What is sent on obeys W3C Baggage, section 3.3: whole members in the caller's order, without
// blanks.
void CheckBaggage(std::string_view received, const std::string& baggage) {
  if (baggage.empty()) return;
  Must(baggage.size() <= 8192 && telemetry::NormalizeBaggage(baggage) == baggage);
  Must(std::ranges::all_of(baggage, [](char c) { return c > 0x20 && c <= 0x7e; }));
  std::string solid;  // what was received, without blanks
  std::ranges::copy_if(received, std::back_inserter(solid),
                       [](char c) { return c != ' ' && c != '\t'; });
  const std::vector<std::string_view> members = Split(baggage, ',');
  Must(members.size() <= 64);
  std::size_t from = 0;
  for (const std::string_view member : members) {
    from = solid.find(member, from);
    Must(from != std::string_view::npos);
    from += member.size();
    const std::string_view pair = member.substr(0, member.find(';'));
    Must(pair.find('=') != std::string_view::npos && pair.front() != '=');
  }
}

void CheckParent(std::string_view value) {
  const auto parsed = telemetry::ParseTraceparent(value);
  if (!parsed.has_value()) return;
  Must(!AllZero(parsed->trace_id) && !AllZero(parsed->parent_id));
  TraceContext context;
  context.trace_id = parsed->trace_id;
  context.span_id = parsed->parent_id;
  context.flags = parsed->flags;
  // Version and flags may be of a later day; the ids are the caller's, letter by letter.
  const std::string ours = context.Traceparent();
  Must(ours.size() == 55 && value.size() >= ours.size());
  Must(ours.substr(2, 51) == value.substr(2, 51));
  Must(value.substr(0, 2) != "00" || value.size() == ours.size());
}

// The next server, which is given what we send.
void CheckNextHop(const TraceContext& context) {
  const auto headers = context.Headers();
  telemetry::TraceHeaders next;
  for (const auto& [name, value] : headers) {
    Must(!value.empty() && IsPrintable(value));
    next.Add(name, value);
  }
  const TraceContext there = next.Extract();
  Must(there.trace_id == context.trace_id && there.parent_span_id == context.span_id);
  Must(there.span_id != context.span_id && there.flags == context.flags);
  Must(there.tracestate == context.tracestate && there.baggage == context.baggage);
  Must(there.request_id == context.request_id);
}

}  // namespace

bool CheckTrace(std::string_view bytes) {
  telemetry::TraceHeaders headers;
  std::string received_state, received_baggage;
  for (const std::string_view line : Split(bytes, '\n')) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(std::min(colon + 1, line.size()));
    headers.Add(name, value);
    CheckParent(value);
    CheckState(value, telemetry::NormalizeTracestate(value).value_or(""));
    CheckBaggage(value, telemetry::NormalizeBaggage(value));
    if (name == telemetry::kTracestate) (received_state += ',') += value;
    if (name == telemetry::kBaggage) (received_baggage += ',') += value;
  }
  const TraceContext context = headers.Extract();
  Must(!AllZero(context.trace_id) && !AllZero(context.span_id));
  Must(telemetry::IsRequestId(context.request_id));
  CheckBaggage(received_baggage, context.baggage);
  CheckState(received_state, context.tracestate);
  CheckNextHop(context);
  const TraceContext child = context.Child();
  Must(child.trace_id == context.trace_id && child.parent_span_id == context.span_id);
  CheckNextHop(child);
  return !AllZero(context.parent_span_id);
}

}  // namespace tokenforge::fuzz
