#include "lib/otlp/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "lib/telemetry/metrics.h"
#include "tokenforge/otlp/v1/trace.pb.h"

namespace tokenforge::otlp {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::ElementsAre;

double Counted(const std::string& series) {
  const std::string text = telemetry::ExposeText();
  const std::size_t at = text.find("\n" + series + " ");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size() + 2));
}
double Dropped(const std::string& reason) {
  return Counted("tokenforge_spans_dropped_total{reason=\"" + reason + "\"}");
}
double Exported() { return Counted("tokenforge_spans_exported_total"); }

// What a collector was sent, and what it says: verdicts in order, and the last one for ever.
struct Script {
  void Wait(std::size_t count) {
    const sync::MutexLock lock(&mutex);
    while (sent.size() < count) changed.Wait(&mutex);
  }
  sync::Mutex mutex;
  sync::CondVar changed;
  std::deque<Verdict> verdicts ABSL_GUARDED_BY(mutex) = {Verdict{}};
  std::vector<int> sent ABSL_GUARDED_BY(mutex);  // spans of each request
  bool hangs ABSL_GUARDED_BY(mutex) = false;     // until it is cancelled
  bool cancelled ABSL_GUARDED_BY(mutex) = false;
};

class ScriptedCollector final : public Collector {
 public:
  explicit ScriptedCollector(Script& script) : script_(script) {}
  Verdict Send(const v1::ExportRequest& request, milliseconds) override {
    const sync::MutexLock lock(&script_.mutex);
    script_.sent.push_back(request.resource_spans(0).scope_spans(0).spans_size());
    script_.changed.NotifyAll();
    while (script_.hangs && !script_.cancelled) script_.changed.Wait(&script_.mutex);
    if (script_.cancelled) return {.kind = Verdict::kAgain};
    const Verdict verdict = script_.verdicts.front();
    if (script_.verdicts.size() > 1) script_.verdicts.pop_front();
    return verdict;
  }
  void Cancel() override {
    const sync::MutexLock lock(&script_.mutex);
    script_.cancelled = true;
    script_.changed.NotifyAll();
  }

 private:
  Script& script_;
};

class ExporterTest : public ::testing::Test {
 protected:
  ExporterTest() {
    options_.batch = 2;
    options_.delay = hours(1);
    options_.flush_within = minutes(1);
  }
  void Start() {
    exporter_ = std::make_unique<Exporter>(queue_, std::make_unique<ScriptedCollector>(script_),
                                           Origin{"test", "1", "x"}, options_);
    ASSERT_TRUE(exporter_->Start());
  }
  void Put(int count) {
    for (int i = 0; i < count; ++i) queue_.Put(std::make_unique<telemetry::SpanRecord>());
  }
  void Says(std::deque<Verdict> verdicts) {
    const sync::MutexLock lock(&script_.mutex);
    script_.verdicts = std::move(verdicts);
  }
  std::vector<int> Sent() {
    const sync::MutexLock lock(&script_.mutex);
    return script_.sent;
  }

  Exporter::Options options_;
  Script script_;
  telemetry::SpanQueue queue_;
  std::unique_ptr<Exporter> exporter_;
};

TEST_F(ExporterTest, SendsABatchAsSoonAsItIsFull) {
  const double before = Exported();
  Start();
  Put(4);
  script_.Wait(2);
  exporter_->Stop();
  EXPECT_THAT(Sent(), ElementsAre(2, 2));
  EXPECT_EQ(Exported(), before + 4);
}

TEST_F(ExporterTest, DoesNotLetASpanWaitForCompanyForEver) {
  options_.delay = milliseconds(1);
  Start();
  Put(1);
  script_.Wait(1);
  EXPECT_THAT(Sent(), ElementsAre(1));
}

TEST_F(ExporterTest, SendsWhatThereIsWhenItStops) {
  Start();
  Put(1);
  exporter_->Stop();
  EXPECT_THAT(Sent(), ElementsAre(1));
  EXPECT_FALSE(queue_.taking());
  exporter_->Stop();
}

TEST_F(ExporterTest, SendsTheSameBatchAgainUntilItIsTaken) {
  const double before = Exported();
  Says({Verdict{.kind = Verdict::kAgain}, Verdict{}});
  Start();
  Put(2);
  script_.Wait(2);
  exporter_->Stop();
  EXPECT_THAT(Sent(), ElementsAre(2, 2));
  EXPECT_EQ(Exported(), before + 2);
}

TEST_F(ExporterTest, GivesABatchUpAndGoesOn) {
  const double before = Dropped("export_failed");
  options_.keep_trying = milliseconds(0);
  Says({Verdict{.kind = Verdict::kAgain}, Verdict{}});
  Start();
  Put(2);
  script_.Wait(1);
  Put(2);
  script_.Wait(2);
  exporter_->Stop();
  EXPECT_EQ(Dropped("export_failed"), before + 2);
}

TEST_F(ExporterTest, CountsWhatTheCollectorWillNeverTake) {
  const double refused = Dropped("refused"), exported = Exported();
  Says({Verdict{.kind = Verdict::kRefused}, Verdict{.rejected = 1}, Verdict{.rejected = 99},
        Verdict{.rejected = -7}});
  Start();
  for (std::size_t i = 1; i <= 4; ++i) {
    Put(2);
    script_.Wait(i);
  }
  exporter_->Stop();
  EXPECT_EQ(Dropped("refused"), refused + 2 + 1 + 2) << "never more than were sent";
  EXPECT_EQ(Exported(), exported + 1 + 2);
}

TEST_F(ExporterTest, KeepsTakingSpansWhileTheCollectorHangsAndDropsWhatDoesNotFit) {
  const double before = Dropped("queue_full");
  options_.queue = 3;
  options_.flush_within = milliseconds(0);
  {
    const sync::MutexLock lock(&script_.mutex);
    script_.hangs = true;
  }
  Start();
  Put(2);
  script_.Wait(1);  // on their way, and no more in the queue
  Put(10);          // returns, whatever the collector does
  EXPECT_EQ(Dropped("queue_full"), before + 7);
}

TEST_F(ExporterTest, EndsInTimeThoughTheCollectorHangsAndCountsWhatIsLost) {
  const double before = Dropped("shutdown");
  options_.flush_within = milliseconds(1);
  {
    const sync::MutexLock lock(&script_.mutex);
    script_.hangs = true;
  }
  Start();
  Put(2);
  script_.Wait(1);
  Put(1);
  exporter_->Stop();
  EXPECT_EQ(Dropped("shutdown"), before + 3);
}

TEST_F(ExporterTest, DoesNotSitOutABackOffWhenItStops) {
  Says({Verdict{.kind = Verdict::kAgain, .not_before = minutes(50)}, Verdict{}});
  options_.keep_trying = hours(1);
  Start();
  Put(2);
  script_.Wait(1);
  exporter_->Stop();
  EXPECT_THAT(Sent(), ElementsAre(2, 2)) << "once more, at once";
}

TEST_F(ExporterTest, LeavesAQueueToWhoeverExportsItAlready) {
  Start();
  Exporter second(queue_, std::make_unique<ScriptedCollector>(script_), {}, options_);
  EXPECT_FALSE(second.Start());
  EXPECT_TRUE(queue_.taking());
}

}  // namespace
}  // namespace tokenforge::otlp
