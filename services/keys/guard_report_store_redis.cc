#include "services/keys/guard_report_store_redis.h"

#include <algorithm>
#include <utility>

#include "lib/errors/errors.h"
#include "services/keys/guard_report_json.h"

namespace tokenforge::keys {
namespace {

// KEYS: the index, then the reports of the replicas that ARGV names. ARGV: life in ms, how many
// replicas at most, a report (empty: withdraw), then the replicas: whose report that is (empty:
// only read), and all others that the index had.
const redis::Script& ReportScript() {
  static const auto& script = *new redis::Script("guard_reports", R"lua(
    local index, life, most, report = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
    local function name(i) return ARGV[i + 2] end
    if name(2) ~= '' and report == '' then
      redis.call('DEL', KEYS[2])
    elseif name(2) ~= '' then
      redis.call('SET', KEYS[2], report, 'PX', life)
      redis.call('SADD', index, name(2))
      redis.call('PEXPIRE', index, life)
    end
    local kept, lives, oldest = {}, {}, nil
    for i = 2, #KEYS do
      lives[i] = name(i) == '' and -2 or redis.call('PTTL', KEYS[i])
      if lives[i] < 0 then
        redis.call('SREM', index, name(i))
      else
        kept[#kept + 1] = i
        if i > 2 and (not oldest or lives[i] < lives[oldest]) then oldest = i end
      end
    end
    if #kept <= most then oldest = nil end
    if oldest then
      redis.call('DEL', KEYS[oldest])
      redis.call('SREM', index, name(oldest))
    end
    local reports = {}
    for _, i in ipairs(kept) do
      local value = i ~= oldest and redis.call('GET', KEYS[i])
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

// Two round trips, because a script's keys are to be declared (on a cluster it may not make any
// up): which replicas there are, then the script. One that reports in between is seen by the next.
async::Task<absl::StatusOr<std::vector<GuardReport>>> GuardReportStoreRedis::Exchange(
    std::string facade, std::string report, clock::SteadyTime deadline) {
  redis::Command ask_index({"SMEMBERS", kIndex});
  const absl::StatusOr<redis::Reply> index = co_await client_.Call(std::move(ask_index), deadline);
  if (!index.ok()) co_return index.status();
  const auto known = index->AsArray();
  if (!known.ok()) co_return known.status();
  std::vector<std::string> names = {facade};
  for (const redis::Reply& each : *known) {
    const auto name = each.AsBytes();
    if (!name.ok()) co_return name.status();
    if (*name != facade) names.emplace_back(*name);
  }
  std::vector<std::string> keys = {kIndex};
  std::vector<std::string> arguments = {std::to_string(life_.count()),
                                        std::to_string(GuardReport::kMostReplicas), report};
  for (const std::string& name : names) {
    keys.push_back(std::string(kIndex) + ":" + name);
    arguments.push_back(name);
  }
  const absl::StatusOr<redis::Reply> reply =
      co_await client_.CallScript(ReportScript(), keys, arguments, deadline);
  if (!reply.ok()) co_return reply.status();
  co_return ReadAll(*reply);
}

async::Task<absl::StatusOr<std::vector<GuardReport>>> GuardReportStoreRedis::Report(
    GuardReport report, clock::SteadyTime deadline) {
  std::string text = report.connected == 0 ? "" : WriteReport(report);
  return Exchange(std::move(report.facade_id), std::move(text), deadline);
}

async::Task<absl::StatusOr<std::vector<GuardReport>>> GuardReportStoreRedis::Read(
    clock::SteadyTime deadline) {
  return Exchange("", "", deadline);
}

}  // namespace tokenforge::keys
