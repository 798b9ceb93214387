#include "services/sessions/rate_limit_store_redis.h"

#include <utility>

#include "lib/errors/errors.h"
#include "lib/secret/digest.h"
#include "services/sessions/rate_limit_script.h"
#include "services/sessions/session_store_redis.h"

namespace tokenforge::sessions {
namespace {

std::string Milliseconds(Span span) { return std::to_string(span.count()); }

// What is hashed first is of fixed length: no two buckets have one text.
std::string KeyOf(const secret::Digest& partition, const BucketShare& share) {
  std::string text = share.policy + '\0';
  text += secret::AsBytes(partition);
  text += share.subject;
  const secret::Digest bucket = secret::Sha256(text);
  return "tf:{b" + std::to_string(partition[0] % SessionStoreRedis::kBuckets) +
         "}:l:" + std::string(secret::AsBytes(bucket).substr(0, 16));
}

void AddRule(const BucketShare& share, std::vector<std::string>* to) {
  if (const auto* policy = std::get_if<TokenPolicy>(&share.rule)) {
    to->insert(to->end(),
               {"tokens", std::to_string(share.tokens), std::to_string(policy->burst),
                std::to_string(policy->refill), Milliseconds(policy->period), std::string()});
    return;
  }
  const auto& policy = std::get<LockPolicy>(share.rule);
  to->insert(to->end(), {share.ends_streak ? "end" : "streak", std::to_string(share.tokens),
                         std::to_string(policy.after), Milliseconds(policy.shortest),
                         Milliseconds(policy.longest), Milliseconds(policy.forget)});
}

std::int64_t LimitOf(const BucketShare& share) {
  const auto* policy = std::get_if<TokenPolicy>(&share.rule);
  return policy != nullptr ? policy->burst : std::get<LockPolicy>(share.rule).after;
}

absl::StatusOr<StepResult> Read(const redis::Reply& reply, const std::vector<BucketShare>& shares) {
  const auto items = reply.AsArrayOf(2 + 2 * shares.size());
  if (!items.ok()) return items.status();
  std::vector<std::int64_t> numbers;
  for (const redis::Reply& item : *items) {
    const auto number = item.AsInteger();
    if (!number.ok()) return number.status();
    if (*number < 0) {
      return errors::Make(errors::reasons::INTERNAL_FAULT, "a rate limit in Redis is damaged");
    }
    numbers.push_back(*number);
  }
  StepResult result{numbers[0] == 1, Span(numbers[1]), {}};
  for (size_t i = 0; i < shares.size(); ++i) {
    result.levels.push_back({LimitOf(shares[i]), numbers[2 + 2 * i], Span(numbers[3 + 2 * i])});
  }
  return result;
}

}  // namespace

async::Task<absl::StatusOr<StepResult>> RateLimitStoreRedis::Step(
    const redis::Script& script, const std::string& partition,
    const std::vector<BucketShare>& shares, StepMoment moment) {
  const secret::Digest digest = secret::Sha256(partition);
  std::vector<std::string> keys;
  std::vector<std::string> arguments = {Milliseconds(moment.service),
                                        Milliseconds(kClockStepTolerance)};
  for (const BucketShare& share : shares) {
    keys.push_back(KeyOf(digest, share));
    AddRule(share, &arguments);
  }
  redis::Command command(script, keys, arguments);
  const auto reply = co_await client_.Call(std::move(command), moment.deadline);
  if (!reply.ok()) co_return reply.status();
  co_return Read(*reply, shares);
}

async::Task<absl::StatusOr<StepResult>> RateLimitStoreRedis::Take(
    const std::string& partition, const std::vector<BucketShare>& shares, StepMoment moment) {
  return Step(scripts::TakeFromBuckets(), partition, shares, moment);
}

async::Task<absl::StatusOr<StepResult>> RateLimitStoreRedis::GiveBack(
    const std::string& partition, const std::vector<BucketShare>& shares, StepMoment moment) {
  return Step(scripts::GiveToBuckets(), partition, shares, moment);
}

}  // namespace tokenforge::sessions
