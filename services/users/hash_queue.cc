#include "services/users/hash_queue.h"

#include <utility>

namespace tokenforge::users {
namespace {

using std::chrono::steady_clock;

telemetry::Histogram HashSeconds() {
  return telemetry::HistogramFamily("tokenforge_password_hash_seconds",
                                    "How long hashing or comparing one password took")
      .With();
}

}  // namespace

HashQueue::HashQueue(const PasswordHasher& hasher, Options options)
    : hasher_(hasher),
      hash_seconds_(HashSeconds()),
      pool_({.name = "hash", .threads = options.threads, .queue = options.queue}) {}

async::Task<absl::StatusOr<secret::Secret>> HashQueue::Hash(workers::Deadline deadline,
                                                            std::string address,
                                                            const secret::Secret& password) {
  auto hash = [this, &password](int) -> absl::StatusOr<secret::Secret> {
    const auto begin = steady_clock::now();
    absl::StatusOr<secret::Secret> hashed = hasher_.Hash(password);
    hash_seconds_.Observe(steady_clock::now() - begin);
    return hashed;
  };
  async::Task<absl::StatusOr<secret::Secret>> hashing = pool_.Run(deadline, std::move(hash));
  co_return co_await std::move(hashing);
}

async::Task<absl::StatusOr<HashQueue::Comparison>> HashQueue::Compare(
    workers::Deadline deadline, std::string address, const secret::Secret& password,
    const secret::Secret* stored) {
  auto compare = [this, deadline, &password, stored](int) -> absl::StatusOr<Comparison> {
    return CompareNow(deadline, password, stored);
  };
  async::Task<absl::StatusOr<Comparison>> comparing = pool_.Run(deadline, std::move(compare));
  co_return co_await std::move(comparing);
}

absl::StatusOr<HashQueue::Comparison> HashQueue::CompareNow(workers::Deadline deadline,
                                                            const secret::Secret& password,
                                                            const secret::Secret* stored) const {
  const auto begin = steady_clock::now();
  const absl::StatusOr<bool> matches = hasher_.Matches(password, stored);
  const auto end = steady_clock::now();
  hash_seconds_.Observe(end - begin);
  if (!matches.ok()) return matches.status();
  Comparison comparison{.matches = *matches, .renewed = std::nullopt};
  if (!comparison.matches || !hasher_.IsOutdated(password, *stored)) return comparison;
  // A login is not to fail because it was to be made safer: twice what comparing took, or later.
  if (end + 2 * (end - begin) > deadline) return comparison;
  absl::StatusOr<secret::Secret> renewed = hasher_.Hash(password);
  hash_seconds_.Observe(steady_clock::now() - end);
  if (renewed.ok()) comparison.renewed = *std::move(renewed);
  return comparison;
}

}  // namespace tokenforge::users
