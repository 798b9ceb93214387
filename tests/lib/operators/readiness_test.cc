#include "lib/operators/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tokenforge::operators {
namespace {

using ::testing::ElementsAre;

TEST(Readiness, WithoutConditionsIsReady) { EXPECT_TRUE(Readiness().Ready()); }

TEST(Readiness, NeedsEveryCondition) {
  Readiness readiness;
  readiness.Expect("redis");
  readiness.Expect("keys");
  readiness.Set("redis", true);
  EXPECT_FALSE(readiness.Ready());
  readiness.Set("keys", true);
  EXPECT_TRUE(readiness.Ready());
}

TEST(Readiness, SurvivesTheLossOfWhatHeldOnceAndReportsIt) {
  Readiness readiness;
  readiness.Expect("redis");
  readiness.Set("redis", true);
  readiness.Set("redis", false, "away");
  EXPECT_TRUE(readiness.Ready());
  EXPECT_EQ(readiness.Look().json.find(R"({"ready":true,"draining":false,"conditions":[)"
                                       R"({"name":"redis","ok":false,"detail":"away"}],"version")"),
            0U);
}

TEST(Readiness, DoesNotWaitForWhatIsOnlyNoted) {
  Readiness readiness;
  readiness.Note("circuit redis", false, "open");
  EXPECT_TRUE(readiness.Ready());
  EXPECT_NE(readiness.Look().json.find("circuit redis"), std::string::npos);
}

TEST(Readiness, ExpectingAConditionThatHoldsDoesNotUndoIt) {
  Readiness readiness;
  readiness.Set("redis", true);
  readiness.Expect("redis");
  EXPECT_TRUE(readiness.Ready());
}

TEST(Readiness, OnceDrainingItIsNeverReadyAgain) {
  Readiness readiness;
  readiness.Set("redis", true);
  readiness.SetDraining();
  readiness.Set("redis", true);
  EXPECT_FALSE(readiness.Ready());
  EXPECT_TRUE(readiness.Draining());
}

TEST(Readiness, TellsListenersThePresentAndEachChange) {
  Readiness readiness;
  readiness.Expect("redis");
  std::vector<bool> told;
  readiness.OnChange([&](bool ready) { told.push_back(ready); });
  readiness.Set("redis", false, "still");
  readiness.Set("redis", true);
  readiness.Set("redis", true);
  readiness.SetDraining();
  readiness.SetDraining();
  EXPECT_THAT(told, ElementsAre(false, true, false));
}

TEST(Readiness, ListenersNeverMissTheLastStateWhateverTheThreadsDo) {
  for (int round = 0; round < 200; ++round) {
    Readiness readiness;
    readiness.Expect("a");
    readiness.Expect("b");
    bool last = false;  // listener calls come one at a time
    int changes = 0;
    readiness.OnChange([&](bool ready) {
      last = ready;
      ++changes;
    });
    std::thread a([&] {
      for (const bool holds : {true, false, true}) readiness.Set("a", holds);
    });
    std::thread b([&] { readiness.Set("b", true); });
    a.join();
    b.join();
    ASSERT_TRUE(readiness.Ready());
    ASSERT_TRUE(last);
    ASSERT_EQ(changes % 2, 0) << "told false first, then every change: an even number ends in true";
  }
}

TEST(Readiness, NamesAndDetailsCannotBreakTheReport) {
  Readiness readiness;
  readiness.Set("a\"b", false, "line\nbreak");
  EXPECT_EQ(
      readiness.Look().json.find(
          "{\"ready\":false,\"draining\":false,\"conditions\":[{\"name\":\"a\\\"b\",\"ok\":false,"
          "\"detail\":\"line\\nbreak\"}],"),
      0U);
}

}  // namespace
}  // namespace tokenforge::operators
