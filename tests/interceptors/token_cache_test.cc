// The cache of verified tokens: bounded, whole comparison, and no memory of what was refused.
#include "interceptors/token_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace tokenforge::internal {
namespace {

// Tokens of different length and different tails, like real ones.
std::string Token(int i) {
  const std::string number = std::to_string(i * 2654435761u);
  return "header." + number + "." + std::string(50, 'a') + number + "abcdefghijklmnop";
}

std::shared_ptr<const VerifiedToken> Verified(const std::string& token) {
  VerifiedClaims claims;
  claims.subject = token;
  return std::make_shared<const VerifiedToken>(token, claims, "jwk");
}

constexpr clock::WallTime kNow{std::chrono::hours(500'000)};

void Insert(TokenCache& cache, std::shared_ptr<const VerifiedToken> token,
            clock::WallTime now = kNow) {
  cache.Insert(std::move(token), now + std::chrono::minutes(10), now);
}

TEST(TokenCache, FindsWhatWasInserted) {
  TokenCache cache(1024);
  EXPECT_EQ(cache.Find(Token(1)), nullptr);
  Insert(cache, Verified(Token(1)));
  ASSERT_NE(cache.Find(Token(1)), nullptr);
  EXPECT_EQ(cache.Find(Token(1))->claims.subject, Token(1));
  EXPECT_EQ(cache.size(), 1u);
}

TEST(TokenCache, EveryByteOfATokenCounts) {
  TokenCache cache(1024);
  const std::string token = Token(1);
  Insert(cache, Verified(token));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == 'x' ? 'y' : 'x';
    ASSERT_EQ(cache.Find(other), nullptr) << "byte " << i;
  }
  EXPECT_EQ(cache.Find(token.substr(1)), nullptr);
  EXPECT_EQ(cache.Find("x" + token), nullptr);
  EXPECT_EQ(cache.Find(""), nullptr);
}

TEST(TokenCache, TokensThatHashAlikeAreNotTakenForEachOther) {
  TokenCache cache(1024);
  const std::string tail(64, 'z');  // the same tail, so the same hash
  Insert(cache, Verified("one." + tail));
  EXPECT_EQ(cache.Find("two." + tail), nullptr);
  Insert(cache, Verified("two." + tail));
  EXPECT_NE(cache.Find("two." + tail), nullptr);
}

TEST(TokenCache, NeverHoldsMoreThanItsCapacity) {
  TokenCache cache(256);
  for (int i = 0; i < 10'000; ++i) Insert(cache, Verified(Token(i)));
  EXPECT_LE(cache.size(), cache.capacity());
  EXPECT_EQ(cache.capacity(), 256u);
  std::size_t found = 0;
  for (int i = 0; i < 10'000; ++i) found += cache.Find(Token(i)) != nullptr;
  EXPECT_EQ(found, cache.size());
}

TEST(TokenCache, KeepsWhatIsUsedWhenOthersCome) {
  TokenCache cache(8);  // one set
  Insert(cache, Verified(Token(0)));
  for (int i = 1; i < 500; ++i) {
    Insert(cache, Verified(Token(i)));
    ASSERT_NE(cache.Find(Token(0)), nullptr) << "after " << i;
  }
}

TEST(TokenCache, ErasesOneTokenAndNotItsSuccessor) {
  TokenCache cache(1024);
  const auto first = Verified(Token(1));
  Insert(cache, first);
  Insert(cache, Verified(Token(1)));
  cache.Erase(*first);  // it is no longer there
  EXPECT_NE(cache.Find(Token(1)), nullptr);
  cache.Erase(*cache.Find(Token(1)));
  EXPECT_EQ(cache.Find(Token(1)), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(TokenCache, ForgetsWhatHasExpiredAsOthersCome) {
  TokenCache cache(65536);
  constexpr std::size_t kLife = 600, kRound = 65536 / 8 / 4;
  std::size_t largest = 0;
  for (int i = 0; i < 20'000; ++i) {  // one a second, for ten minutes each
    Insert(cache, Verified(Token(i)), kNow + std::chrono::seconds(i));
    largest = std::max(largest, cache.size());
  }
  EXPECT_LE(largest, kLife + kRound + 1);
  for (int i = 20'000 - kLife; i < 20'000; ++i) EXPECT_NE(cache.Find(Token(i)), nullptr) << i;
}

TEST(TokenCache, WithoutCapacityRemembersNothing) {
  TokenCache cache(0);
  Insert(cache, Verified(Token(1)));
  EXPECT_EQ(cache.Find(Token(1)), nullptr);
}

TEST(TokenCache, ServesManyThreadsAtOnce) {
  TokenCache cache(512);
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&cache, thread] {
      for (int i = 0; i < 5'000; ++i) {
        const std::string token = Token((i * 7 + thread) % 1'000);
        const auto found = cache.Find(token);
        if (found == nullptr) {
          Insert(cache, Verified(token));
        } else {
          ASSERT_EQ(found->claims.subject, token);
          if (i % 50 == 0) cache.Erase(*found);
        }
      }
    });
  }
  threads.clear();
  EXPECT_LE(cache.size(), cache.capacity());
}

}  // namespace
}  // namespace tokenforge::internal
