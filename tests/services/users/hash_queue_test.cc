#include "services/users/hash_queue.h"

#include <future>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "tests/services/users/foreign_hashes.h"
#include "tests/services/users/wait.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using secret::Secret;

class HashQueueTest : public testing::Test {
 protected:
  HashQueueTest() : hashing_(hasher_, {.name = "hash", .threads = 1, .queue = 4, .share = 2}) {}

  absl::StatusOr<HashQueue::Comparison> Compare(std::string_view password, const Secret* stored,
                                                const std::string& address = "192.0.2.1") {
    const Secret secret(password);
    return Wait(hashing_.Compare(InAMinute(), address, secret, stored));
  }

  // Holds the only thread until Release.
  void Block() {
    auto reached = std::make_shared<std::promise<void>>();
    hashing_.pool().Submit(
        InAMinute(),
        [reached, release = release_.get_future().share()](int) {
          reached->set_value();
          release.wait();
        },
        [](const absl::Status&) {});
    reached->get_future().wait();
  }
  // Takes a place in the queue.
  void Wait1(const std::string& address) {
    hashing_.pool().Submit(
        InAMinute(), [](int) {}, [](const absl::Status&) {}, AddressGroup(address));
  }
  void Release() { release_.set_value(); }

  const PasswordHasher hasher_{HashPolicy::Bcrypt(5)};
  HashQueue hashing_;
  std::promise<void> release_;
};

TEST_F(HashQueueTest, HashesAndCompares) {
  const Secret password("correct horse");
  const auto stored = Wait(hashing_.Hash(InAMinute(), "192.0.2.1", password));
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_TRUE(Compare("correct horse", &*stored)->matches);
  EXPECT_FALSE(Compare("correct horsf", &*stored)->matches);
  EXPECT_FALSE(Compare("correct horse", nullptr)->matches);
  EXPECT_FALSE(Compare("correct horse", &*stored)->renewed.has_value()) << "it is as new";
}

TEST_F(HashQueueTest, RenewsEveryForeignHashOnceItsPasswordIsThere) {
  for (const ForeignHash& hash : kForeignHashes) {
    const Secret stored(hash.text);
    const auto wrong = Compare("wrong", &stored);
    ASSERT_TRUE(wrong.ok()) << hash.made_by;
    EXPECT_FALSE(wrong->renewed.has_value()) << hash.made_by;
    const auto right = Compare(kForeignPassword, &stored);
    ASSERT_TRUE(right.ok() && right->matches) << hash.made_by;
    ASSERT_TRUE(right->renewed.has_value()) << hash.made_by;
    EXPECT_EQ(right->renewed->Expose().substr(0, 7), "$2b$05$") << hash.made_by;
    const auto again = Compare(kForeignPassword, &*right->renewed);
    EXPECT_TRUE(again->matches);
    EXPECT_FALSE(again->renewed.has_value());
  }
}

TEST_F(HashQueueTest, RenewsNothingWhileOthersWait) {
  const Secret stored(kForeignHashes[0].text);
  Block();
  const Secret password(kForeignPassword);
  auto comparing = std::async(std::launch::async, [&] {
    return Wait(hashing_.Compare(InAMinute(), "192.0.2.1", password, &stored));
  });
  while (hashing_.pool().depth() < 1) std::this_thread::yield();
  // Behind it in the queue of its own address, and held up by it.
  Wait1("192.0.2.1");
  Release();
  const auto compared = comparing.get();
  ASSERT_TRUE(compared.ok());
  EXPECT_TRUE(compared->matches);
  EXPECT_FALSE(compared->renewed.has_value());
}

TEST_F(HashQueueTest, LeavesHalfOfTheQueueToOthersThanTheLoudestAddress) {
  Block();
  Wait1("2001:db8:1:2::1");
  Wait1("2001:db8:1:2::2");  // the same network
  const auto refused = Compare("x", nullptr, "2001:db8:1:2:ffff::3");
  EXPECT_EQ(ReasonOf(refused.status()), errors::reasons::OVERLOADED);
  EXPECT_TRUE(errors::RetryAfterOf(refused.status()).has_value());
  Wait1("2001:db8:1:3::1");
  Wait1("192.0.2.1");
  EXPECT_EQ(hashing_.pool().depth(), 4u);
  EXPECT_EQ(ReasonOf(Compare("x", nullptr, "192.0.2.2").status()), errors::reasons::OVERLOADED);
  Release();
}

TEST_F(HashQueueTest, RefusesToHashWhatCannotBeDoneInTime) {
  const Secret password("correct horse");
  const auto late = Wait(hashing_.Hash(std::chrono::steady_clock::now(), "", password));
  EXPECT_EQ(ReasonOf(late.status()), errors::reasons::DEADLINE_PASSED);
}

TEST(AddressGroup, IsTheAddressOrItsNetwork) {
  EXPECT_EQ(AddressGroup("192.0.2.1"), "192.0.2.1");
  EXPECT_NE(AddressGroup("192.0.2.1"), AddressGroup("192.0.2.2"));
  EXPECT_EQ(AddressGroup("2001:db8::1"), AddressGroup("2001:DB8:0:0:ffff::2"));
  EXPECT_NE(AddressGroup("2001:db8::1"), AddressGroup("2001:db8:0:1::1"));
  EXPECT_NE(AddressGroup("::ffff:192.0.2.1"), AddressGroup("::ffff:192.0.2.2"));
  EXPECT_EQ(AddressGroup(""), "");
}

}  // namespace
}  // namespace tokenforge::users
