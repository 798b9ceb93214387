#include "services/keys/guard_report_store_redis.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/errors/errors.h"
#include "services/keys/guard_report_json.h"

namespace tokenforge::keys {
namespace {

// KEYS: the index. ARGV: life in ms, how many replicas at most, a replica's ID (empty: only read),
// its report (empty: withdraw). Reports lie under keys made of the index's name and the ID: the
// same hash tag, so the same slot.
const redis::Script& ReportScript() {
  static const auto& script = *new redis::Script("guard_reports", R"lua(
    local index, life, most, id, report = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
    local function key(of) return index .. ':' .. of end
    if id ~= '' and report == '' then
      redis.call('DEL', key(id))
    elseif id ~= '' then
      redis.call('SET', key(id), report, 'PX', life)
      redis.call('SADD', index, id)
      redis.call('PEXPIRE', index, life)
    end
    local kept, lives, oldest = {}, {}, nil
    for _, each in ipairs(redis.call('SMEMBERS', index)) do
      local left = redis.call('PTTL', key(each))
      if left < 0 then
        redis.call('SREM', index, each)
      else
        kept[#kept + 1], lives[each] = each, left
        if each ~= id and (not oldest or left < lives[oldest]) then oldest = each end
      end
    end
    if #kept <= most then oldest = nil end
    if oldest then
      redis.call('DEL', key(oldest))
      redis.call('SREM', index, oldest)
    end
    local reports = {}
    for _, each in ipairs(kept) do
      local value = each ~= oldest and redis.call('GET', key(each))
      if value then reports[#reports + 1] = value end
    end
    return reports
  )lua");
  return script;
}

absl::StatusOr<std::vector<GuardReport>> ReadAll(const redis::Reply& reply) {
  const auto items = reply.AsArray();
  if (!items.ok()) return items.status();
  std::vector<GuardReport> reports;
  for (const redis::Reply& item : *items) {
    const auto json = item.AsBytes();
    if (!json.ok()) return json.status();
    std::optional<GuardReport> report = ReadReport(*json);
    if (!report) {
      return errors::Make(errors::reasons::INTERNAL_FAULT,
                          "a guard report in Redis has a form that this version does not know");
    }
    reports.push_back(*std::move(report));
  }
  std::sort(reports.begin(), reports.end(),
            [](const GuardReport& a, const GuardReport& b) { return a.facade_id < b.facade_id; });
  return reports;
}

}  // namespace

async::Task<absl::StatusOr<std::vector<GuardReport>>> GuardReportStoreRedis::Report(
    GuardReport report, clock::SteadyTime deadline) {
  const std::array<std::string, 1> keys = {kIndex};
  const std::array<std::string, 4> arguments = {
      std::to_string(life_.count()), std::to_string(GuardReport::kMostReplicas), report.facade_id,
      report.connected == 0 ? "" : WriteReport(report)};
  const absl::StatusOr<redis::Reply> reply =
      co_await client_.CallScript(ReportScript(), keys, arguments, deadline);
  if (!reply.ok()) co_return reply.status();
  co_return ReadAll(*reply);
}

async::Task<absl::StatusOr<std::vector<GuardReport>>> GuardReportStoreRedis::Read(
    clock::SteadyTime deadline) {
  const std::array<std::string, 1> keys = {kIndex};
  const std::array<std::string, 4> arguments = {std::to_string(life_.count()),
                                                std::to_string(GuardReport::kMostReplicas), "", ""};
  const absl::StatusOr<redis::Reply> reply =
      co_await client_.CallScript(ReportScript(), keys, arguments, deadline);
  if (!reply.ok()) co_return reply.status();
  co_return ReadAll(*reply);
}

}  // namespace tokenforge::keys
