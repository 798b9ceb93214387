// What a command knows of where it goes.
#include "lib/redis/command.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/redis/key_slot.h"

namespace tokenforge::redis {
namespace {

TEST(Slots, AreThoseOfTheSpecification) {
  EXPECT_EQ(Crc16("123456789"), 0x31C3);
  EXPECT_EQ(Crc16(""), 0);
  EXPECT_EQ(SlotOf("foo"), 12182);
  EXPECT_EQ(SlotOf("bar"), 5061);
  EXPECT_EQ(SlotOf("hello"), 866);
  EXPECT_EQ(SlotOf(""), 0);
}

TEST(Slots, GoByTheFirstHashTagThatIsNotEmpty) {
  EXPECT_EQ(SlotOf("{user1000}.following"), SlotOf("user1000"));
  EXPECT_EQ(SlotOf("{user1000}.followers"), SlotOf("user1000"));
  EXPECT_EQ(SlotOf("foo{bar}{zap}"), SlotOf("bar"));
  EXPECT_EQ(SlotOf("foo{{bar}}zap"), SlotOf("{bar"));
  EXPECT_EQ(SlotOf("foo{}{bar}"), Crc16("foo{}{bar}") % kSlots);
  EXPECT_EQ(SlotOf("foo{bar"), Crc16("foo{bar") % kSlots);
  EXPECT_EQ(SlotOf("foo}bar{"), Crc16("foo}bar{") % kSlots);
  EXPECT_NE(SlotOf("foo{}{bar}"), SlotOf("bar"));
}

TEST(Slots, TakeEveryByte) {
  std::string bytes;
  for (int c = 255; c >= 0; --c) bytes += static_cast<char>(c);
  EXPECT_EQ(SlotOf("{" + std::string("\0\xff", 2) + "}" + bytes), SlotOf(std::string("\0\xff", 2)));
}

TEST(CommandSlot, IsThatOfTheKeyWhereverItStands) {
  const int foo = SlotOf("foo");
  EXPECT_EQ(Command({"GET", "foo"}).slot(), foo);
  EXPECT_EQ(Command({"MGET", "foo", "bar"}).slot(), foo);
  EXPECT_EQ(Command({"SOMETHINGNEW", "foo"}).slot(), foo);
  EXPECT_EQ(Command({"XREAD", "COUNT", "5", "STREAMS", "foo", "0"}).slot(), foo);
  EXPECT_EQ(Command({"XINFO", "STREAM", "foo"}).slot(), foo);
  EXPECT_EQ(Command({"OBJECT", "ENCODING", "foo"}).slot(), foo);
  EXPECT_EQ(Command({"MEMORY", "USAGE", "foo"}).slot(), foo);
  EXPECT_EQ(Command({"EVAL", "return 1", "1", "foo", "bar"}).slot(), foo);
}

TEST(CommandSlot, IsNoneWhereAnyServerAnswers) {
  for (const std::vector<std::string_view>& words :
       std::vector<std::vector<std::string_view>>{{"PING"},
                                                  {"ping"},
                                                  {"INFO", "server"},
                                                  {"PUBLISH", "foo", "x"},
                                                  {"EVAL", "return 1", "0", "foo"},
                                                  {"EVAL", "return 1"},
                                                  {"XREAD", "COUNT", "5"},
                                                  {"SCRIPT", "FLUSH"},
                                                  {"GET"},
                                                  {}}) {
    EXPECT_EQ(Command(std::span<const std::string_view>(words)).slot(), std::nullopt);
  }
}

TEST(CommandSlot, OfAScriptIsThatOfItsKeysWhichMustShareIt) {
  const Script script("any", "return 1");
  const std::vector<std::string> together = {"{b1}:u:x", "{b1}:r", "{b1}:e"};
  const Command one(script, together, {});
  EXPECT_EQ(one.slot(), SlotOf("b1"));
  EXPECT_FALSE(one.spans_slots());
  const std::vector<std::string> apart = {"{b1}:u:x", "{b1}:r", "{b2}:e"};
  EXPECT_TRUE(Command(script, apart, {}).spans_slots());
  EXPECT_EQ(Command(script, {}, {}).slot(), std::nullopt);
}

TEST(CommandRepeat, IsForScriptsThatAllowItAndWhatOnlyReads) {
  const Script script("any", "return 1");
  Command call(script, {}, {});
  EXPECT_TRUE(call.may_repeat());
  call.UseSource();
  EXPECT_TRUE(call.may_repeat());
  const Script once("once", "return 1", Script::Repeats::kNever);
  Command step(once, {}, {});
  EXPECT_FALSE(step.may_repeat());
  EXPECT_TRUE(step.has_source()) << "a server that does not know it has not run it";
  step.UseSource();
  EXPECT_FALSE(step.may_repeat());
  EXPECT_TRUE(Command({"XREAD", "STREAMS", "k", "0"}).may_repeat());
  for (const char* name : {"SET", "XADD", "INCR", "PUBLISH", "EVAL", "DEL", "SOMETHINGNEW"}) {
    EXPECT_FALSE(Command({name, "k", "v"}).may_repeat()) << name;
  }
}

}  // namespace
}  // namespace tokenforge::redis
