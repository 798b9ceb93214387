// What a cluster's nodes say of each other, well formed or not.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/redis/cluster_refusal.h"
#include "lib/redis/cluster_slot_map.h"

namespace tokenforge::redis {
namespace {

const ServerAddress kAsked{"", "asked.example", 7000};

template <class... Items>
Reply List(Items... items) {
  std::vector<Reply> all;
  (all.push_back(std::move(items)), ...);
  return Reply::Array(std::move(all));
}

Reply Node(Reply host, int64_t port) {
  return List(std::move(host), Reply::Integer(port), Reply::String("its ID"), List());
}

Reply Node(const std::string& host, int64_t port) { return Node(Reply::String(host), port); }

Reply Range(int64_t first, int64_t last, Reply primary) {
  return List(Reply::Integer(first), Reply::Integer(last), std::move(primary),
              Node("replica", 9999));
}

absl::StatusOr<SlotMap> Read(Reply reply) { return SlotMap::Read(reply, kAsked); }

TEST(SlotMap, KnowsWhoServesEachSlot) {
  const auto map = Read(List(Range(5461, 16383, Node("b.example", 2)), Range(0, 10, Node("::1", 1)),
                             Range(20, 20, Node("::1", 1))));
  ASSERT_TRUE(map.ok()) << map.status();
  ASSERT_EQ(map->primaries().size(), 2U);
  EXPECT_EQ(map->primaries()[map->OwnerOf(0)], (ServerAddress{"", "::1", 1}));
  EXPECT_EQ(map->OwnerOf(10), map->OwnerOf(0));
  EXPECT_EQ(map->OwnerOf(11), -1);
  EXPECT_EQ(map->OwnerOf(20), map->OwnerOf(0));
  EXPECT_EQ(map->primaries()[map->OwnerOf(16383)], (ServerAddress{"", "b.example", 2}));
  EXPECT_FALSE(map->complete());
}

TEST(SlotMap, IsCompleteWhenEverySlotIsServed) {
  EXPECT_TRUE(Read(List(Range(0, 16383, Node("a", 1))))->complete());
  EXPECT_TRUE(Read(List(Range(1, 16383, Node("a", 1)), Range(0, 0, Node("b", 1))))->complete());
  EXPECT_FALSE(Read(List(Range(1, 16383, Node("a", 1))))->complete());
}

TEST(SlotMap, TakesTheAskedHostForANodeThatDoesNotKnowItsOwn) {
  for (Reply unknown : {Reply(), Reply::String(""), Reply::String("?")}) {
    const auto map = Read(List(Range(0, 16383, Node(std::move(unknown), 7001))));
    ASSERT_TRUE(map.ok()) << map.status();
    EXPECT_EQ(map->primaries()[0], (ServerAddress{"", "asked.example", 7001}));
  }
}

TEST(SlotMap, TakesOneRangeForEachSlot) {
  std::vector<Reply> ranges;
  for (int slot = 0; slot < kSlots; ++slot) {
    ranges.push_back(Range(slot, slot, Node(slot % 2 == 0 ? "a" : "b", 1)));
  }
  const auto map = Read(Reply::Array(std::move(ranges)));
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_TRUE(map->complete());
  EXPECT_EQ(map->primaries().size(), 2U);
}

TEST(SlotMap, IsRefusedAsAWholeWhenAnythingInItIsWrong) {
  const Reply good = Range(0, 5, Node("a", 1));
  std::vector<Reply> wrong;
  wrong.push_back(Reply());
  wrong.push_back(Reply::Integer(1));
  wrong.push_back(Reply::String("MOVED"));
  wrong.push_back(List());
  wrong.push_back(List(good, good));  // two owners of a slot
  wrong.push_back(List(good, Range(5, 9, Node("b", 1))));
  wrong.push_back(List(good, Reply()));
  wrong.push_back(List(good, List()));
  wrong.push_back(List(good, List(Reply::Integer(6), Reply::Integer(7))));
  wrong.push_back(List(good, Range(-1, 7, Node("a", 1))));
  wrong.push_back(List(good, Range(6, 16384, Node("a", 1))));
  wrong.push_back(List(good, Range(9, 6, Node("a", 1))));
  wrong.push_back(List(good, Range(6, int64_t{1} << 40, Node("a", 1))));
  wrong.push_back(List(good, List(Reply::String("6"), Reply::Integer(7), Node("a", 1))));
  for (const int64_t port : {int64_t{0}, int64_t{-1}, int64_t{65536}, int64_t{1} << 32}) {
    wrong.push_back(List(good, Range(6, 7, Node("a", port))));
  }
  for (const std::string& host :
       {std::string("a b"), std::string("a\r\nSLAVEOF x"), std::string("a\0b", 3),
        std::string("a/b"), std::string("a@b"), std::string(254, 'a')}) {
    wrong.push_back(List(good, Range(6, 7, Node(host, 1))));
  }
  wrong.push_back(List(good, Range(6, 7, List(Reply::String("a")))));
  wrong.push_back(List(good, Range(6, 7, Node(Reply::Integer(1), 1))));
  wrong.push_back(List(good, Range(6, 7, Reply::String("a:1"))));
  for (size_t i = 0; i < wrong.size(); ++i) {
    EXPECT_EQ(errors::ReasonOf(Read(wrong[i]).status()), errors::reasons::INTERNAL_FAULT) << i;
  }
}

TEST(SlotMap, BoundsPrimariesAndRanges) {
  std::vector<Reply> many;
  for (int i = 0; i < static_cast<int>(SlotMap::kMostPrimaries); ++i) {
    many.push_back(Range(i, i, Node("h" + std::to_string(i), 1)));
  }
  EXPECT_TRUE(Read(Reply::Array(many)).ok());
  many.push_back(Range(16000, 16000, Node("one more", 1)));
  EXPECT_FALSE(Read(Reply::Array(many)).ok());
  std::vector<Reply> ranges(kSlots + 1, Range(0, 0, Node("a", 1)));
  EXPECT_FALSE(Read(Reply::Array(std::move(ranges))).ok());
}

TEST(Refusal, TellsWhereTheSlotIsNow) {
  const Refusal moved = RefusalIn("MOVED 3999 127.0.0.1:6381", kAsked);
  EXPECT_EQ(moved.kind, Refusal::Kind::kMoved);
  EXPECT_EQ(moved.slot, 3999);
  EXPECT_EQ(moved.node, (ServerAddress{"", "127.0.0.1", 6381}));
  EXPECT_TRUE(moved.map_is_old);
  const Refusal ask = RefusalIn("ASK 0 ::1:6381", kAsked);
  EXPECT_EQ(ask.kind, Refusal::Kind::kAsk);
  EXPECT_EQ(ask.node, (ServerAddress{"", "::1", 6381}));
  EXPECT_FALSE(ask.map_is_old);
  EXPECT_EQ(RefusalIn("MOVED 1 :7001", kAsked).node, (ServerAddress{"", "asked.example", 7001}));
  EXPECT_EQ(RefusalIn("ASK 1 ?:7001", kAsked).node, (ServerAddress{"", "asked.example", 7001}));
}

TEST(Refusal, TellsWhatPasses) {
  EXPECT_EQ(RefusalIn("TRYAGAIN Multiple keys request", kAsked).kind, Refusal::Kind::kWait);
  EXPECT_FALSE(RefusalIn("TRYAGAIN Multiple keys request", kAsked).map_is_old);
  for (const char* text : {"CLUSTERDOWN The cluster is down", "CLUSTERDOWN", "LOADING Redis is",
                           "READONLY You can't write", "MASTERDOWN Link"}) {
    EXPECT_EQ(RefusalIn(text, kAsked).kind, Refusal::Kind::kWait) << text;
    EXPECT_TRUE(RefusalIn(text, kAsked).map_is_old) << text;
  }
}

TEST(Refusal, IsNoneInWhatIsNotWellFormed) {
  for (const char* text : {"",
                           "ERR no",
                           "MOVED",
                           "MOVED ",
                           "MOVED 3999",
                           "MOVED 3999 ",
                           "MOVED 3999 host",
                           "MOVED x host:1",
                           "MOVED 16384 host:1",
                           "MOVED -1 host:1",
                           "MOVED 99999999999999 host:1",
                           "MOVED 1 host:0",
                           "MOVED 1 host:65536",
                           "MOVED 1 host:",
                           "MOVED 1 host:1x",
                           "MOVED 1 ho st:1",
                           "MOVED 1 ho\nst:1",
                           "MOVED 1:2",
                           "MOVEDX 1 host:1",
                           "ASK 1",
                           "ASKING",
                           "TRYAGAINST",
                           "CLUSTERDOWNS now",
                           "WRONGTYPE Operation",
                           "moved 1 host:1"}) {
    EXPECT_EQ(RefusalIn(text, kAsked).kind, Refusal::Kind::kNone) << text;
  }
}

TEST(Refusal, TakesAnyBytes) {
  std::mt19937 random(7);
  const std::string seeds[] = {"MOVED 3999 127.0.0.1:6381", "ASK 1 ::1:1", "TRYAGAIN x"};
  for (int i = 0; i < 20000; ++i) {
    std::string text = seeds[random() % 3];
    for (unsigned changes = random() % 4; changes > 0; --changes) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    text.resize(random() % (text.size() + 1));
    const Refusal refusal = RefusalIn(text, kAsked);
    if (refusal.kind == Refusal::Kind::kMoved || refusal.kind == Refusal::Kind::kAsk) {
      EXPECT_TRUE(refusal.slot >= 0 && refusal.slot < kSlots);
      EXPECT_TRUE(refusal.node.port >= 1 && refusal.node.port <= 65535);
      EXPECT_FALSE(refusal.node.host.empty());
    }
  }
}

}  // namespace
}  // namespace tokenforge::redis
