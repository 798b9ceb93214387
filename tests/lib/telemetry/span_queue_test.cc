#include "lib/telemetry/span_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "lib/telemetry/metrics.h"

namespace tokenforge::telemetry {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::unique_ptr<SpanRecord> Named(std::string name) {
  auto span = std::make_unique<SpanRecord>();
  span->name = std::move(name);
  return span;
}

double Dropped(const std::string& reason) {
  const std::string text = ExposeText();
  const std::string series = "\ntokenforge_spans_dropped_total{reason=\"" + reason + "\"} ";
  const std::size_t at = text.find(series);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size()));
}

TEST(SpanQueue, TakesNothingWhileItIsClosed) {
  SpanQueue queue;
  EXPECT_FALSE(queue.taking());
  queue.Put(Named("a"));
  EXPECT_TRUE(queue.Open(2, 2));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(SpanQueue, HasOneExporterAtATime) {
  SpanQueue queue;
  EXPECT_TRUE(queue.Open(2, 2));
  EXPECT_FALSE(queue.Open(2, 2));
  queue.Close();
  EXPECT_TRUE(queue.Open(2, 2));
}

TEST(SpanQueue, DropsTheNewestBeyondItsBoundAndCountsThem) {
  SpanQueue queue;
  ASSERT_TRUE(queue.Open(3, 100));
  const double before = Dropped("queue_full");
  for (const char* name : {"a", "b", "c", "d", "e"}) queue.Put(Named(name));
  EXPECT_EQ(Dropped("queue_full"), before + 2);
  const SpanQueue::Batch batch = queue.Take(milliseconds(0));
  ASSERT_THAT(batch, SizeIs(3));
  EXPECT_EQ(batch[0]->name, "a");
  EXPECT_EQ(batch[2]->name, "c");
  queue.Put(Named("f"));
  EXPECT_THAT(queue.Take(milliseconds(0)), SizeIs(1)) << "there is room again";
}

TEST(SpanQueue, GivesNoMoreThanABatchAtOnceOldestFirst) {
  SpanQueue queue;
  ASSERT_TRUE(queue.Open(10, 2));
  for (const char* name : {"a", "b", "c"}) queue.Put(Named(name));
  const SpanQueue::Batch first = queue.Take(minutes(10));
  ASSERT_THAT(first, SizeIs(2)) << "without waiting: a batch is there";
  EXPECT_EQ(first[0]->name, "a");
  EXPECT_THAT(queue.Take(milliseconds(0)), SizeIs(1));
  EXPECT_THAT(queue.Take(milliseconds(0)), IsEmpty());
}

TEST(SpanQueue, WakesItsExporterForABatch) {
  SpanQueue queue;
  ASSERT_TRUE(queue.Open(10, 3));
  std::thread producer([&] {
    for (const char* name : {"a", "b", "c"}) queue.Put(Named(name));
  });
  EXPECT_THAT(queue.Take(minutes(10)), SizeIs(3));
  producer.join();
}

TEST(SpanQueue, WakesItsExporterWhenItCloses) {
  SpanQueue queue;
  ASSERT_TRUE(queue.Open(10, 3));
  queue.Put(Named("a"));
  std::thread closer([&] { queue.Close(); });
  EXPECT_THAT(queue.Take(minutes(10)), SizeIs(1));
  closer.join();
  EXPECT_FALSE(queue.taking());
  queue.Put(Named("b"));
  EXPECT_THAT(queue.Take(minutes(10)), IsEmpty());
}

TEST(SpanQueue, WakesItsExporterWhenAskedTo) {
  SpanQueue queue;
  ASSERT_TRUE(queue.Open(10, 3));
  std::thread other([&] { queue.Wake(); });
  EXPECT_THAT(queue.Take(minutes(10)), IsEmpty());
  other.join();
}

// Whatever the threads do, each span is taken once or counted as dropped.
TEST(SpanQueue, LosesNoneBetweenThreads) {
  constexpr int kThreads = 4, kEach = 2000;
  SpanQueue queue;
  ASSERT_TRUE(queue.Open(64, 16));
  const double before = Dropped("queue_full");
  std::vector<std::thread> producers;
  for (int i = 0; i < kThreads; ++i) {
    producers.emplace_back([&] {
      for (int k = 0; k < kEach; ++k) queue.Put(Named("x"));
    });
  }
  std::thread closer([&] {
    for (std::thread& producer : producers) producer.join();
    queue.Close();
  });
  std::size_t taken = 0;
  for (bool last = false; !last;) {
    last = !queue.taking();
    for (SpanQueue::Batch batch; !(batch = queue.Take(milliseconds(10))).empty();) {
      taken += batch.size();
    }
  }
  closer.join();
  EXPECT_EQ(static_cast<double>(taken) + Dropped("queue_full") - before, kThreads * kEach);
}

}  // namespace
}  // namespace tokenforge::telemetry
