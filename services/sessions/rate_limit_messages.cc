#include "services/sessions/rate_limit_messages.h"

#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>
#include <tuple>

#include "services/sessions/request_fields.h"
#include "tokenforge/sessions/v1/sessions.pb.h"

namespace tokenforge::sessions {
namespace {

using Bucket = v1::TakeTokensRequest::Bucket;

constexpr int kMostBuckets = 8;
constexpr size_t kLongestName = 512;  // bytes of a subject or a partition

void PutSpan(Span span, google::protobuf::Duration* to) {
  to->set_seconds(span.count() / 1000);
  to->set_nanos(static_cast<int>(span.count() % 1000) * 1'000'000);
}

// Reads one bucket after the other and keeps what has been seen.
class BucketReader {
 public:
  explicit BucketReader(const RateLimits& limits) : limits_(limits) {}

  void Read(const Bucket& bucket) {
    at_ = "buckets[" + std::to_string(wish_.shares.size()) + "].";
    const std::string& partition =
        bucket.partition().empty() ? bucket.subject() : bucket.partition();
    BucketShare share{bucket.policy(), {}, bucket.subject(), 1, bucket.ends_streak()};
    share.tokens = std::abs(static_cast<std::int64_t>(bucket.tokens()));
    ReadNames(bucket, partition);
    ReadRule(bucket, &share);
    wish_.shares.push_back({partition, std::move(share)});
  }

  absl::StatusOr<TakeWish> Finish() {
    const size_t count = wish_.shares.size();
    if (count == 0 || count > kMostBuckets) fields_.Fault("buckets", "1 to 8 are wanted");
    if (taking_ && giving_) fields_.Fault("buckets", "either all take or all give back");
    if (!fields_.ok()) return fields_.status();
    wish_.gives_back = giving_;
    return std::move(wish_);
  }

 private:
  void Fault(const char* field, std::string description) {
    fields_.Fault(at_ + field, std::move(description));
  }

  void ReadNames(const Bucket& bucket, const std::string& partition) {
    if (bucket.subject().empty() || bucket.subject().size() > kLongestName) {
      Fault("subject", "1 to 512 bytes are wanted");
    }
    if (bucket.partition().size() > kLongestName) Fault("partition", "at most 512 bytes");
    if (!seen_.emplace(bucket.policy(), bucket.subject(), partition).second) {
      Fault("subject", "the same bucket stands before");
    }
  }

  void ReadRule(const Bucket& bucket, BucketShare* share) {
    std::int64_t most = 1;
    if (bucket.policy() == kAccountLock) {
      share->rule = limits_.lock;
    } else if (const TokenPolicy* policy = limits_.Find(bucket.policy());
               policy != nullptr && bucket.policy() != kRefreshSession) {
      share->rule = *policy;
      most = policy->burst;
    } else {
      Fault("policy", "names no policy that can be taken from");
      most = std::numeric_limits<std::int32_t>::max();
    }
    if (share->tokens == 0 || share->tokens > most) {
      Fault("tokens", "1 to " + std::to_string(most) + " are wanted, or as many negative");
    }
    if (bucket.ends_streak() && (bucket.policy() != kAccountLock || bucket.tokens() != -1)) {
      Fault("ends_streak", "only account_lock has a streak, which ends with tokens -1");
    }
    (bucket.tokens() < 0 ? giving_ : taking_) = true;
  }

  const RateLimits& limits_;
  RequestFields fields_;
  std::string at_;
  std::set<std::tuple<std::string, std::string, std::string>> seen_;
  TakeWish wish_;
  bool taking_ = false;
  bool giving_ = false;
};

}  // namespace

absl::StatusOr<TakeWish> ReadTake(const v1::TakeTokensRequest& request, const RateLimits& limits) {
  BucketReader reader(limits);
  // Not every one of a million is worth a fault.
  const int most = std::min(request.buckets_size(), kMostBuckets + 1);
  for (int i = 0; i < most; ++i) reader.Read(request.buckets(i));
  return reader.Finish();
}

void Put(const StepResult& result, const v1::TakeTokensRequest& request,
         v1::TakeTokensResponse* to) {
  to->set_allowed(result.allowed);
  PutSpan(result.retry_after, to->mutable_retry_after());
  for (size_t i = 0; i < result.levels.size(); ++i) {
    const BucketLevel& level = result.levels[i];
    auto* put = to->add_levels();
    put->set_policy(request.buckets(static_cast<int>(i)).policy());
    put->set_limit(static_cast<std::int32_t>(level.limit));
    put->set_remaining(static_cast<std::int32_t>(level.remaining));
    PutSpan(level.reset, put->mutable_reset());
  }
}

}  // namespace tokenforge::sessions
