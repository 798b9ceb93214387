#include "lib/uuid/uuid.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "absl/container/flat_hash_set.h"

namespace tokenforge::uuid {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

TEST(UuidTest, RandomIsVersionFourAndCanonical) {
  absl::flat_hash_set<Uuid> seen;
  for (int i = 0; i < 10'000; ++i) {
    const Uuid id = Uuid::Random();
    EXPECT_EQ(id.version(), 4);
    EXPECT_EQ(id.bytes()[8] & 0xc0, 0x80);
    EXPECT_EQ(Uuid::Parse(id.ToString()), id);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(UuidTest, NewIdIsCanonical) {
  const std::string id = NewId();
  EXPECT_EQ(id.size(), Uuid::kTextSize);
  EXPECT_TRUE(IsCanonical(id));
}

TEST(UuidTest, OrderedCarriesItsMillisecond) {
  // RFC 9562, appendix A.6: 0x017F22E279B0 milliseconds.
  const Uuid id = Uuid::Ordered(system_clock::time_point(milliseconds(0x017F22E279B0)));
  EXPECT_EQ(id.version(), 7);
  EXPECT_EQ(id.bytes()[8] & 0xc0, 0x80);
  EXPECT_EQ(id.ToString().substr(0, 15), "017f22e2-79b0-7");
}

TEST(UuidTest, OrderedSortsByTimeAsBytesAndAsText) {
  system_clock::time_point now{milliseconds(1'800'000'000'000)};
  Uuid last = Uuid::Ordered(now);
  for (int i = 0; i < 1000; ++i) {
    now += milliseconds(1);
    const Uuid next = Uuid::Ordered(now);
    EXPECT_LT(last, next);
    EXPECT_LT(last.ToString(), next.ToString());
    last = next;
  }
}

TEST(UuidTest, ParsesTheCanonicalForm) {
  const auto id = Uuid::Parse("f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->bytes()[0], 0xf8);
  EXPECT_EQ(id->bytes()[15], 0xf6);
  EXPECT_EQ(id->ToString(), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(Uuid().ToString(), "00000000-0000-0000-0000-000000000000");
}

TEST(UuidTest, RefusesEveryOtherSpelling) {
  const std::string good = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
  EXPECT_FALSE(Uuid::Parse(""));
  EXPECT_FALSE(Uuid::Parse("F81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
  EXPECT_FALSE(Uuid::Parse("{" + good + "}"));
  EXPECT_FALSE(Uuid::Parse("urn:uuid:" + good));
  EXPECT_FALSE(Uuid::Parse(" " + good.substr(1)));
  EXPECT_FALSE(Uuid::Parse(good + std::string(1, '\0')));
  EXPECT_FALSE(Uuid::Parse("f81d4fae7dec11d0a76500a0c91e6bf6"));
  EXPECT_FALSE(Uuid::Parse("f81d4fae7-dec-11d0-a765-00a0c91e6bf6"));
  // Every position refuses what does not belong there.
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'g', 'A', ' ', '\0', '\xff'}) {
      std::string bad = good;
      bad[i] = c;
      EXPECT_FALSE(Uuid::Parse(bad)) << i;
    }
    std::string swapped = good;
    swapped[i] = good[i] == '-' ? '0' : '-';
    EXPECT_FALSE(Uuid::Parse(swapped)) << i;
  }
}

}  // namespace
}  // namespace tokenforge::uuid
