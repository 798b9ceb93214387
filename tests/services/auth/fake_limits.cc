#include "tests/services/auth/fake_limits.h"

#include <algorithm>

#include "lib/errors/errors.h"

namespace tokenforge::auth::testing {
namespace {

using sessions::v1::TakeTokensRequest;
using sessions::v1::TakeTokensResponse;
constexpr char kLock[] = "account_lock";

int LimitOf(const std::string& policy) {
  static const std::map<std::string, int> limits = {
      {"login_account", 5}, {"login_address", 100}, {"register_address", 20},
      {"reset_account", 3}, {"second_factor", 5},   {kLock, 20}};
  const auto found = limits.find(policy);
  return found == limits.end() ? 0 : found->second;
}

absl::Status Fault(const TakeTokensRequest& request, const TakeTokensRequest::Bucket& bucket) {
  const auto same = [&](const TakeTokensRequest::Bucket& other) {
    return other.policy() == bucket.policy() && other.subject() == bucket.subject();
  };
  const int limit = LimitOf(bucket.policy());
  const int most = bucket.policy() == kLock ? 1 : limit;
  const bool sound = limit > 0 && !bucket.subject().empty() && bucket.subject().size() <= 512 &&
                     bucket.tokens() != 0 && std::abs(bucket.tokens()) <= most &&
                     (!bucket.ends_streak() || (bucket.policy() == kLock && bucket.tokens() < 0)) &&
                     std::count_if(request.buckets().begin(), request.buckets().end(), same) == 1;
  if (sound) return absl::OkStatus();
  return errors::InvalidFields({{"buckets", bucket.ShortDebugString()}});
}

}  // namespace

absl::Status FakeLimits::Take(const TakeTokensRequest& request, TakeTokensResponse* response) {
  if (request.buckets().empty()) return errors::InvalidFields({{"buckets", "none"}});
  const sync::MutexLock lock(&mutex_);
  if (!gives_back_ && request.buckets(0).tokens() < 0) {
    return errors::Make(errors::reasons::DEPENDENCY_DOWN, "Redis is away");
  }
  bool allowed = true;
  for (const auto& asked : request.buckets()) {
    if (absl::Status fault = Fault(request, asked); !fault.ok()) return fault;
    const auto [place, fresh] = buckets_.try_emplace({asked.policy(), asked.subject()});
    if (fresh) place->second.partition = asked.partition();
    if (place->second.partition != asked.partition()) {
      return errors::InvalidFields({{"partition", "is another bucket's: " + asked.subject()}});
    }
    allowed = allowed && place->second.taken + asked.tokens() <= LimitOf(asked.policy());
  }
  response->set_allowed(allowed);
  if (!allowed) response->mutable_retry_after()->set_seconds(60);
  for (const auto& asked : request.buckets()) {
    int& taken = buckets_.at({asked.policy(), asked.subject()}).taken;
    if (allowed) taken = asked.ends_streak() ? 0 : std::max(0, taken + asked.tokens());
    auto* level = response->add_levels();
    level->set_policy(asked.policy());
    level->set_limit(LimitOf(asked.policy()));
    level->set_remaining(LimitOf(asked.policy()) - taken);
    level->mutable_reset()->set_seconds(900);
  }
  return absl::OkStatus();
}

int FakeLimits::Taken(const std::string& policy, const std::string& subject) const {
  const sync::MutexLock lock(&mutex_);
  const auto found = buckets_.find({policy, subject});
  return found == buckets_.end() ? 0 : found->second.taken;
}

std::size_t FakeLimits::Subjects(const std::string& policy) const {
  const sync::MutexLock lock(&mutex_);
  return static_cast<std::size_t>(
      std::count_if(buckets_.begin(), buckets_.end(),
                    [&](const auto& bucket) { return bucket.first.first == policy; }));
}

std::map<std::string, int> FakeLimits::All() const {
  const sync::MutexLock lock(&mutex_);
  std::map<std::string, int> all;
  for (const auto& [key, bucket] : buckets_) {
    if (bucket.taken != 0) all[key.first + " " + key.second] = bucket.taken;
  }
  return all;
}

void FakeLimits::RefuseToGiveBack() {
  const sync::MutexLock lock(&mutex_);
  gives_back_ = false;
}

void FakeLimits::Lift() {
  const sync::MutexLock lock(&mutex_);
  buckets_.clear();
}

}  // namespace tokenforge::auth::testing
