#include "services/auth/limit_plan.h"

#include <initializer_list>
#include <string>

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"

namespace tokenforge::auth {
namespace {

using sessions::v1::TakeTokensRequest;
using Bucket = TakeTokensRequest::Bucket;

Bucket One(const char* policy, std::string subject, std::string_view partition) {
  Bucket bucket;
  bucket.set_policy(policy);
  bucket.set_subject(std::move(subject));
  bucket.set_partition(std::string(partition));
  bucket.set_tokens(1);
  return bucket;
}

// The partitions keep one step of the store to an account or to an address: a cluster holds
// everything of one partition in one place.
Bucket LoginAccount(const email::CanonicalEmail& account, std::string_view subscriber) {
  return One("login_account", account.text() + ' ' + std::string(subscriber), subscriber);
}

Bucket AccountLock(const email::CanonicalEmail& account) {
  return One("account_lock", account.text(), account.text());
}

// What a lock has back when the attempt succeeded; otherwise one failure comes back as one token.
Bucket EndOfStreak(Bucket lock) {
  lock.set_ends_streak(true);
  return lock;
}

TakeTokensRequest Take(std::initializer_list<Bucket> buckets) {
  TakeTokensRequest request;
  request.mutable_buckets()->Add(buckets.begin(), buckets.end());
  return request;
}

TakeTokensRequest GiveBack(std::initializer_list<Bucket> buckets) {
  TakeTokensRequest request = Take(buckets);
  for (Bucket& bucket : *request.mutable_buckets()) bucket.set_tokens(-bucket.tokens());
  return request;
}

std::string HashOf(std::string_view secret) {
  const secret::Digest digest = secret::Sha256(secret);
  const std::string_view hash = secret::AsBytes(digest);
  return absl::BytesToHexString({hash.data(), hash.size()});
}

}  // namespace

LimitPlan PasswordPlan(const email::CanonicalEmail& account, std::string_view subscriber) {
  const Bucket pair = LoginAccount(account, subscriber);
  const Bucket address = One("login_address", std::string(subscriber), subscriber);
  const Bucket lock = AccountLock(account);
  return {Take({pair, address, lock}), GiveBack({pair, EndOfStreak(lock)}),
          GiveBack({pair, address, lock})};
}

LimitPlan CodePlan(const email::CanonicalEmail& account, std::string_view subscriber,
                   std::string_view challenge) {
  const std::string hash = HashOf(challenge);
  const Bucket code = One("second_factor", hash, hash);
  const Bucket lock = AccountLock(account);
  return {Take({code, lock}), GiveBack({LoginAccount(account, subscriber), EndOfStreak(lock)}),
          GiveBack({code, lock})};
}

LimitPlan RegistrationPlan(std::string_view subscriber) {
  const Bucket address = One("register_address", std::string(subscriber), subscriber);
  return {Take({address}), {}, GiveBack({address})};
}

LimitPlan ResetPlan(const email::CanonicalEmail& account) {
  const Bucket reset = One("reset_account", account.text(), account.text());
  return {Take({reset}), {}, GiveBack({reset})};
}

TakeTokensRequest EndOfLock(const email::CanonicalEmail& account) {
  return GiveBack({EndOfStreak(AccountLock(account))});
}

}  // namespace tokenforge::auth
