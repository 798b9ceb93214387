#include "services/users/hash_queue.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"
#include "lib/telemetry/span.h"

namespace tokenforge::users {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kNetworkBytes = 8;

workers::Pool::Options Named(workers::Pool::Options options) {
  options.name = "hash";
  return options;
}

telemetry::Histogram HashSeconds() {
  return telemetry::HistogramFamily("tokenforge_password_hash_seconds",
                                    "How long hashing or comparing one password took")
      .With();
}

// Made alike whether there is such an account or not, and whatever the comparison says.
telemetry::Span HashSpan(std::string_view name) {
  return telemetry::Span::Begin(telemetry::SpanKind::kInternal, name);
}

}  // namespace

HashQueue::HashQueue(const PasswordHasher& hasher, workers::Pool::Options options)
    : hasher_(hasher),
      busy_depth_(std::max<std::size_t>(1, options.queue / 4)),
      hash_seconds_(HashSeconds()),
      pool_(Named(std::move(options))),
      depth_(telemetry::PoolQueue("hash"), [this] { return static_cast<double>(pool_.depth()); }) {}

void HashQueue::Announce() const {
  telemetry::Log(telemetry::Level::kInfo, "passwords are hashed",
                 {{"with", hasher_.policy().Description()},
                  {"threads", std::to_string(pool_.threads())},
                  {"memory_mib", std::to_string(hasher_.memory().budget() >> 20)}});
}

async::Task<absl::StatusOr<secret::Secret>> HashQueue::Hash(workers::Deadline deadline,
                                                            std::string address,
                                                            const secret::Secret& password) {
  auto hash = [this, &password](int) -> absl::StatusOr<secret::Secret> {
    const auto begin = steady_clock::now();
    telemetry::Span span = HashSpan("hash password");
    absl::StatusOr<secret::Secret> hashed = hasher_.Hash(password);
    span.End(hashed.status().code());
    hash_seconds_.Observe(steady_clock::now() - begin);
    return hashed;
  };
  async::Task<absl::StatusOr<secret::Secret>> hashing =
      pool_.Run(deadline, std::move(hash), AddressGroup(address));
  co_return co_await std::move(hashing);
}

async::Task<absl::StatusOr<HashQueue::Comparison>> HashQueue::Compare(
    workers::Deadline deadline, std::string address, const secret::Secret& password,
    const secret::Secret* stored) {
  auto compare = [this, deadline, &password, stored](int) -> absl::StatusOr<Comparison> {
    return CompareNow(deadline, password, stored);
  };
  async::Task<absl::StatusOr<Comparison>> comparing =
      pool_.Run(deadline, std::move(compare), AddressGroup(address));
  co_return co_await std::move(comparing);
}

absl::StatusOr<HashQueue::Comparison> HashQueue::CompareNow(workers::Deadline deadline,
                                                            const secret::Secret& password,
                                                            const secret::Secret* stored) const {
  const auto begin = steady_clock::now();
  telemetry::Span span = HashSpan("compare password");
  const absl::StatusOr<bool> matches = hasher_.Matches(password, stored);
  span.End(matches.status().code());
  const auto end = steady_clock::now();
  hash_seconds_.Observe(end - begin);
  if (!matches.ok()) return matches.status();
  Comparison comparison{.matches = *matches, .renewed = std::nullopt};
  if (!comparison.matches || !hasher_.IsOutdated(password, *stored)) return comparison;
  // A login must not fail because it was to be made safer, nor others wait for it: the next one of
  // this account is as good.
  if (pool_.depth() >= busy_depth_ || end + 2 * (end - begin) > deadline) return comparison;
  absl::StatusOr<secret::Secret> renewed = hasher_.Hash(password);
  hash_seconds_.Observe(steady_clock::now() - end);
  if (renewed.ok()) comparison.renewed = *std::move(renewed);
  return comparison;
}

std::string AddressGroup(std::string_view address) {
  std::string group(address);
  in6_addr parsed = {};
  if (inet_pton(AF_INET6, group.c_str(), &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed)) {
    return group;
  }
  return std::string(reinterpret_cast<const char*>(parsed.s6_addr), kNetworkBytes);
}

}  // namespace tokenforge::users
