// TokenCache: access tokens that were verified before, so that a session's next call costs no
// signature.
//
// Only verified tokens get in, so nobody can push others out with junk. Bounded by its number of
// slots: sets of eight, each token in the set of its keyed hash, and within a set the slots not
// used lately are given away first. Whoever puts one in also takes expired ones out of a few sets,
// in turn: the cache grows with the tokens of a lifetime, not with all that ever came by. A token
// counts as found only when all of its bytes agree. What an entry was worth when it was stored is
// for the verifier to check again.
//
// Thread-safe: striped locks, held for a few instructions. Capacity 0 remembers nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "interceptors/caller_maker.h"
#include "interceptors/revocation_set.h"
#include "interceptors/token_hash.h"
#include "lib/sync/mutex.h"

namespace tokenforge::internal {

// A token that was verified, with all that a later call has to check again.
struct VerifiedToken {
  VerifiedToken(std::string text, VerifiedClaims verified, std::string jwk,
                std::uint32_t by_issuer = 0)
      : token(std::move(text)),
        claims(std::move(verified)),
        revocation_keys(claims),
        key(std::move(jwk)),
        issuer(by_issuer) {}

  const std::string token;
  const VerifiedClaims claims;
  const RevocationKeys revocation_keys;
  const std::string key;       // the JWK that its signature was verified with
  const std::uint32_t issuer;  // which of the verifier's issuers
  // The state of trust at which key and revocations were last found good.
  mutable std::atomic<std::uint64_t> good_at = 0;
};

class TokenCache {
 public:
  explicit TokenCache(std::size_t capacity);

  std::shared_ptr<const VerifiedToken> Find(std::string_view token);
  // From `end` on the token may be forgotten.
  void Insert(std::shared_ptr<const VerifiedToken> token, clock::WallTime end, clock::WallTime now);
  void Erase(const VerifiedToken& token);
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  std::size_t capacity() const { return sets_.size() * kWays; }

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kSwept = 4;  // sets, for each token that comes in
  struct Set {
    std::array<std::uint64_t, kWays> hashes{};
    std::array<clock::WallTime, kWays> ends{};
    std::array<std::shared_ptr<const VerifiedToken>, kWays> tokens;
    std::uint8_t used = 0;  // a bit for each slot that was found since the hand last came by
    std::uint8_t hand = 0;
  };
  struct alignas(64) Stripe {
    sync::Mutex mutex;
  };

  static std::size_t SlotToGiveAway(Set& set);
  void Put(std::shared_ptr<const VerifiedToken> token, clock::WallTime end);
  void SweepNext(clock::WallTime now);

  const TokenHash hash_;
  std::vector<Set> sets_;  // each guarded by stripes_[index % size]
  std::array<Stripe, 64> stripes_;
  std::atomic<std::size_t> size_ = 0;
  std::atomic<std::size_t> next_swept_ = 0;
};

}  // namespace tokenforge::internal
