#include <charconv>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/redis/client.h"
#include "lib/redis/info.h"

namespace tokenforge::redis {
namespace {

bool AtLeast(std::string_view version, int want_major, int want_minor) {
  int major = 0;
  int minor = 0;
  const char* const end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end) return false;
  std::from_chars(first.ptr + 1, end, minor);
  return major > want_major || (major == want_major && minor >= want_minor);
}

absl::Status JudgeServer(std::string_view info) {
  const std::string_view version = InfoField(info, "redis_version");
  if (AtLeast(version, 6, 2)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("Redis 6.2 or later is needed; this server says it is \"",
                   absl::string_view(version.data(), version.size()), "\""));
}

// CONFIG GET is often forbidden to applications; INFO tells the same.
absl::Status JudgeMemory(std::string_view info, const ServerRequirements& requirements) {
  const std::string_view policy = InfoField(info, "maxmemory_policy");
  if (requirements.allow_eviction || policy == "noeviction") return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "Redis runs with maxmemory-policy \"", absl::string_view(policy.data(), policy.size()),
      "\" and may throw sessions and keys away; set it to noeviction"));
}

}  // namespace

async::Task<absl::Status> CheckServer(Client& client, ServerRequirements requirements,
                                      clock::SteadyTime deadline) {
  // Two questions: servers before 7 take one section at a time.
  Command ask_server({"INFO", "server"});
  auto servers = co_await client.CallOnEach(std::move(ask_server), deadline);
  if (!servers.ok()) co_return servers.status();
  for (const Reply& server : *servers) {
    const absl::StatusOr<std::string_view> about = server.AsBytes();
    if (!about.ok()) co_return about.status();
    if (absl::Status fault = JudgeServer(*about); !fault.ok()) co_return fault;
  }

  Command ask_memory({"INFO", "memory"});
  auto memories = co_await client.CallOnEach(std::move(ask_memory), deadline);
  if (!memories.ok()) co_return memories.status();
  for (const Reply& memory : *memories) {
    const absl::StatusOr<std::string_view> about = memory.AsBytes();
    if (!about.ok()) co_return about.status();
    if (absl::Status fault = JudgeMemory(*about, requirements); !fault.ok()) co_return fault;
  }
  co_return absl::OkStatus();
}

}  // namespace tokenforge::redis
