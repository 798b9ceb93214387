// Logins against the bare hash on the same cores, and what a storm of logins does to refreshes.
#include <crypt.h>

#include <cstring>
#include <thread>

#include "bench/parts.h"
#include "bench/suite_load.h"

namespace tokenforge::bench {
namespace {

constexpr int kCost = 12;
constexpr int kRounds = 3;
constexpr auto kSlice = std::chrono::seconds(6);

// bcrypt hashes a second on every core at once, with nothing else running.
double BareHashesPerSecond() {
  const unsigned cores = std::thread::hardware_concurrency();
  std::atomic<long> hashes = 0;
  const auto deadline = std::chrono::steady_clock::now() + kSlice;
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < cores; ++i) {
    threads.emplace_back([&] {
      auto scratch = std::make_unique<crypt_data>();
      while (std::chrono::steady_clock::now() < deadline) {
        crypt_r("correct horse battery staple", "$2b$12$abcdefghijklmnopqrstuu", scratch.get());
        ++hashes;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(hashes) /
         std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

void MeasureLogin(Report& report) {
  systemtest::Suite suite(
      systemtest::SuiteOptions{.postgres = true, .bcrypt_cost = kCost, .flags = {}});
  suite.Start();
  RefreshChains people(suite, 16);
  std::vector<double> ratios;
  double rate = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double bare = BareHashesPerSecond();
    const LoadResult logins = RunLogins(suite, people, 8, kSlice);
    rate = logins.PerSecond();
    ratios.push_back(rate / bare);
  }
  report.Add({"login_ratio", Median(ratios), "x", AtLeast(0.90),
              "logins of the bare bcrypt rate, cost 12, all cores"});
  report.Add({"login_per_s", rate, "1/s", {}, "logins, cost 12"});

  std::vector<double> slowdowns;
  for (int round = 0; round < kRounds; ++round) {
    const double idle = Percentile(people.Run(std::chrono::seconds(4)).milliseconds, 0.99);
    std::thread storm([&] { RunLogins(suite, people, 16, std::chrono::seconds(6)); });
    std::this_thread::sleep_for(std::chrono::seconds(1));  // until the hash pool is saturated
    const double busy = Percentile(people.Run(std::chrono::seconds(4)).milliseconds, 0.99);
    storm.join();
    slowdowns.push_back(busy / idle);
  }
  report.Add({"refresh_p99_under_login_ratio", Median(slowdowns), "x", AtMost(2),
              "refresh p99 while logins saturate hashing, of idle"});
}

}  // namespace tokenforge::bench
