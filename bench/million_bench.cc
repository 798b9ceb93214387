// One million sessions of 200,000 users in one Redis, beside ten thousand in another, through the
// store: what a session costs, whether a refresh stays as quick, and what is left when all expired.
//
// The two are measured in turn, so that noise hits both. Redis keeps nothing on disk here: what a
// disk adds is the same for both and would hide the rest.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>

#include "bench/load.h"
#include "bench/parts.h"
#include "lib/async/task.h"
#include "services/sessions/session_store_redis.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::bench {
namespace {

using sessions::Moment;
using sessions::Policy;
using sessions::Session;
using sessions::SessionStoreRedis;

constexpr int kEach = 5;  // sessions of one user
constexpr int kChains = 8;
constexpr int kRounds = 7;
constexpr auto kSlice = std::chrono::milliseconds(1500);

Moment Now() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return {now, fakes::In(std::chrono::seconds(30)), now.time_since_epoch()};
}

// With the limit's share of the record, and nobody refused.
Policy WidePolicy() {
  Policy policy;
  policy.refresh_limit = sessions::TokenPolicy{1'000'000, 1'000'000, std::chrono::seconds(1)};
  return policy;
}

void Insist(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "tokenforge-bench: %s\n", what);
  std::exit(1);
}

// A Redis with so many users' sessions.
class Population {
 public:
  explicit Population(int users)
      : server_({"--appendonly", "no", "--active-expire-effort", "10"}),
        client_(redis::Open(fakes::OptionsFor(server_.address()))),
        store_(client_.get(), WidePolicy()),
        empty_(Used()),
        users_(static_cast<size_t>(users)),
        held_(users_.size() * kEach) {
    for (uuid::Uuid& user : users_) user = uuid::Uuid::Random();
  }

  void Fill() {
    std::atomic<size_t> next = 0;
    const LoadResult filling = RunLoad(
        256, std::chrono::minutes(15),
        [&](int, std::function<void(bool)> answered) {
          const size_t at = next++;
          held_[at].id = uuid::Uuid::Random();
          Add(store_, at, std::move(answered));
        },
        static_cast<long>(held_.size()));
    Insist(filling.done == static_cast<long>(held_.size()), "not every session could be added");
  }

  // Refreshes of sessions chosen at random, with these chains side by side.
  LoadResult Refresh() {
    return RunLoad(kChains, kSlice, [this](int chain, std::function<void(bool)> answered) {
      // Each chain has sessions of its own, so that none is refreshed twice at once.
      std::minstd_rand& random = random_[static_cast<size_t>(chain)];
      const size_t at = random() % (held_.size() / kChains) * kChains + static_cast<size_t>(chain);
      Rotate(at, std::move(answered));
    });
  }

  // Microseconds for each of so many users, one after the other.
  std::vector<double> List(size_t users) {
    return Timed(users, [this](const uuid::Uuid& user) {
      return fakes::Finish(store_.List(user, Now()))->size() == kEach;
    });
  }
  std::vector<double> EndAll(size_t users) {
    return Timed(users, [this](const uuid::Uuid& user) {
      return fakes::Finish(store_.EndAll(user, std::nullopt, Now()))->sessions == kEach;
    });
  }

  // Lets every session expire, as if idle lives were a second: a login of each user drops what has
  // expired of theirs, and a second later is over itself.
  void Expire() {
    Policy policy = WidePolicy();
    policy.idle_life = std::chrono::seconds(1);
    SessionStoreRedis short_lived(client_.get(), policy);
    std::atomic<size_t> next = 0;
    RunLoad(
        256, std::chrono::minutes(5),
        [&](int, std::function<void(bool)> answered) {
          Add(short_lived, next++, std::move(answered));
        },
        static_cast<long>(users_.size()));
    // The logs of what was revoked go when the access tokens have expired: that is not waited for.
    for (int bucket = 0; bucket < SessionStoreRedis::kBuckets; ++bucket) {
      Command({"DEL", "tf:{b" + std::to_string(bucket) + "}:r"});
    }
    const auto until = fakes::In(std::chrono::minutes(2));
    while (Command({"DBSIZE"}).AsInteger().value() > 0) {
      Insist(std::chrono::steady_clock::now() < until, "sessions that had expired are still there");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    Command({"MEMORY", "PURGE"});
  }

  double Held() { return Used() - empty_; }  // bytes
  double users() const { return static_cast<double>(users_.size()); }
  double sessions() const { return static_cast<double>(held_.size()); }

 private:
  struct Token {
    uuid::Uuid id;
    uint32_t generation = 1;
  };

  void Add(SessionStoreRedis& store, size_t at, std::function<void(bool)> answered) {
    const auto session = std::make_shared<Session>();
    session->user = users_[at % users_.size()];
    session->id = held_[at].id;
    session->lineage.created = Now().now;
    session->client = "spiffe://tokenforge.local/app";
    session->device = {"Ada's laptop", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
                       "192.0.2.17"};
    session->amr = {"pwd"};
    async::Spawn(store.Add(*session, Now()),
                 [session, answered](std::exception_ptr, auto added) { answered(added.ok()); });
  }

  void Rotate(size_t at, std::function<void(bool)> answered) {
    const auto token = std::make_shared<sessions::Presented>();
    token->user = users_[at % users_.size()];
    token->session = held_[at].id;
    token->generation = held_[at].generation;
    async::Spawn(store_.Rotate(*token, Now()), [this, at, token, answered](std::exception_ptr,
                                                                           auto rotation) {
      const bool ok = rotation.ok() && rotation->verdict == sessions::Verdict::kRotated;
      held_[at].generation += ok;
      answered(ok);
    });
  }

  template <class Operation>
  std::vector<double> Timed(size_t users, Operation operation) {
    std::vector<double> took;
    for (size_t i = 0; i < users; ++i) {
      const size_t user = users_.size() - 1 - i;
      const auto began = std::chrono::steady_clock::now();
      Insist(operation(users_[user]), "a user has another number of sessions");
      const std::chrono::duration<double, std::micro> passed =
          std::chrono::steady_clock::now() - began;
      took.push_back(passed.count());
    }
    return took;
  }

  redis::Reply Command(std::initializer_list<std::string_view> words) {
    return fakes::Ask(*client_, redis::Command(words)).value();
  }
  double Used() {
    const redis::Reply reply = Command({"INFO", "memory"});
    const std::string text(*reply.AsBytes());
    return std::atof(text.c_str() + text.find("used_memory:") + 12);
  }

  fakes::RedisServer server_;
  std::unique_ptr<redis::Client> client_;
  SessionStoreRedis store_;
  const double empty_;
  std::vector<uuid::Uuid> users_;
  std::vector<Token> held_;
  std::vector<std::minstd_rand> random_{kChains};
};

void Compare(Report& report, Population& few, Population& million) {
  std::vector<double> p99_ratios, p50_few, p99_few, p50_million, p99_million;
  for (int round = -1; round < kRounds; ++round) {
    const LoadResult small = few.Refresh(), large = million.Refresh();
    Insist(small.failed + large.failed == 0, "a refresh failed");
    if (round < 0) continue;  // warms up
    p50_few.push_back(Percentile(small.milliseconds, 0.5) * 1000);
    p99_few.push_back(Percentile(small.milliseconds, 0.99) * 1000);
    p50_million.push_back(Percentile(large.milliseconds, 0.5) * 1000);
    p99_million.push_back(Percentile(large.milliseconds, 0.99) * 1000);
    p99_ratios.push_back(p99_million.back() / p99_few.back());
  }
  report.Add({"refresh_p99_million_ratio", Median(p99_ratios), "x", AtMost(1.2),
              "p99 of a refresh with 1,000,000 sessions, of that with 10,000"});
  report.Add({"million_refresh_p50_us", Median(p50_million), "µs", {}, "8 refreshes at once"});
  report.Add({"million_refresh_p99_us", Median(p99_million), "µs", {}, "8 refreshes at once"});
  report.Add({"few_refresh_p50_us", Median(p50_few), "µs", {}, "the same with 10,000 sessions"});
  report.Add({"few_refresh_p99_us", Median(p99_few), "µs", {}, "the same with 10,000 sessions"});
}

}  // namespace

void MeasureMillion(Report& report) {
  Population few(2'000), million(200'000);
  few.Fill();
  million.Fill();
  const double full = million.Held();
  report.Add({"million_bytes_per_session", full / million.sessions(), "B", AtMost(300),
              "Redis memory a session of 1,000,000, everything included"});
  report.Add(
      {"million_bytes_per_user", full / million.users(), "B", {}, "with five sessions each"});
  Compare(report, few, million);
  const std::vector<double> list = million.List(2'000), end = million.EndAll(2'000);
  report.Add({"million_list_us", Median(list), "µs", {}, "listing a user's five sessions"});
  report.Add({"million_list_p99_us", Percentile(list, 0.99), "µs", {}, "the same, p99"});
  report.Add({"million_end_all_us", Median(end), "µs", {}, "ending a user's five sessions"});
  report.Add({"million_end_all_p99_us", Percentile(end, 0.99), "µs", {}, "the same, p99"});
  million.Expire();
  report.Add({"million_left_ratio", million.Held() / full, "x", AtMost(0.01),
              "of that memory, when every session has expired"});
}

}  // namespace tokenforge::bench
