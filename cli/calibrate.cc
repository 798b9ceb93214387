#include "cli/calibrate.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "lib/config/config.h"
#include "services/users/password_hash.h"

namespace tokenforge::cli {
namespace {

using std::chrono::nanoseconds;
using users::HashPolicy;

constexpr int kLeastBcryptCost = 10;  // OWASP Password Storage
constexpr int kTooSlow = 8;           // times the target

struct Candidate {
  std::string flags;  // of tokenforge-users
  HashPolicy policy;
  bool bcrypt = false;
};

struct Row {
  Candidate candidate;
  nanoseconds took;
};

// Of this thread, which hashes by itself: what else runs on the machine does not count.
nanoseconds CpuTime() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

double Milliseconds(nanoseconds span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

std::vector<Candidate> Candidates() {
  std::vector<Candidate> all;
  for (int cost = kLeastBcryptCost; cost <= HashPolicy::kMaxBcryptCost; ++cost) {
    all.push_back({"--password-hash=bcrypt --bcrypt-cost=" + std::to_string(cost),
                   HashPolicy::Bcrypt(cost), true});
  }
  all.push_back({"--password-hash=argon2id", HashPolicy::Argon2id()});
  all.push_back({"--password-hash=argon2id-46", HashPolicy::Argon2id46()});
  return all;
}

nanoseconds MedianOf(const HashPolicy& policy, const CalibrateOptions& options,
                     const HashTimer& timer) {
  std::vector<nanoseconds> times;
  for (std::int64_t round = 0; round < options.rounds; ++round) {
    times.push_back(timer(policy));
    if (times.back() > kTooSlow * options.target) break;
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

std::vector<Row> Measure(const CalibrateOptions& options, const HashTimer& timer) {
  std::vector<Row> rows;
  bool bcrypt_too_slow = false;
  for (const Candidate& candidate : Candidates()) {
    if (candidate.bcrypt && bcrypt_too_slow) continue;
    rows.push_back({candidate, MedianOf(candidate.policy, options, timer)});
    bcrypt_too_slow = rows.back().took > kTooSlow * options.target;
  }
  return rows;
}

// Argon2id, the approved profile first, as far as it keeps to the target; else the dearest bcrypt
// that does; else the cheapest that is fit for use.
const Row& Recommended(const std::vector<Row>& rows, const CalibrateOptions& options) {
  const auto fits = [&](const Row& row) { return row.took <= options.target; };
  const auto best = std::find_if(rows.rbegin(), rows.rend(), fits);
  return best != rows.rend() ? *best : rows.front();
}

std::int64_t ThreadsOf(const CalibrateOptions& options) {
  return options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
}

std::string Line(const char* format, const std::string& what, double ms, double mib, double rate) {
  char line[160];
  std::snprintf(line, sizeof(line), format, what.c_str(), ms, mib, rate);
  return line;
}

double MibOf(const HashPolicy& policy, std::int64_t threads) {
  return static_cast<double>(policy.MemoryBytes() >> 20) * static_cast<double>(threads);
}

void PrintTable(const std::vector<Row>& rows, const Row& recommended,
                const CalibrateOptions& options, std::ostream& out) {
  const std::int64_t threads = ThreadsOf(options);
  out << "hash                         time     memory   logins/s\n"
         "                                  of all threads  a core\n";
  for (const Row& row : rows) {
    out << Line("%-26s %6.1f ms %6.0f MiB %8.1f", row.candidate.policy.Description(),
                Milliseconds(row.took), MibOf(row.candidate.policy, threads),
                1e3 / Milliseconds(row.took))
        << (&row == &recommended ? "  <- recommended\n" : "\n");
  }
  out << "\nOn this machine with " << threads << " hashing threads and at most "
      << options.target.count() << " ms a hash:\n  tokenforge-users " << recommended.candidate.flags
      << " --hash-threads=" << threads << "\n";
  if (recommended.took > options.target) {
    out << "Even that takes longer; nothing cheaper is fit for passwords.\n";
  }
}

void PrintJson(const std::vector<Row>& rows, const Row& recommended,
               const CalibrateOptions& options, std::ostream& out) {
  const std::int64_t threads = ThreadsOf(options);
  out << "{\"threads\":" << threads << ",\"target_ms\":" << options.target.count()
      << ",\"hashes\":[";
  for (const Row& row : rows) {
    out << (&row == &rows.front() ? "" : ",")
        << Line(
               "{\"flags\":\"%s\",\"milliseconds\":%.3f,\"memory_mib\":%.0f,"
               "\"logins_per_second_per_core\":%.3f}",
               row.candidate.flags, Milliseconds(row.took), MibOf(row.candidate.policy, threads),
               1e3 / Milliseconds(row.took));
  }
  out << "],\"recommended\":\"" << recommended.candidate.flags << " --hash-threads=" << threads
      << "\"}\n";
}

}  // namespace

nanoseconds TimeOneHash(const HashPolicy& policy) {
  const users::PasswordHasher hasher(policy);
  const secret::Secret password("a password of usual size");
  const nanoseconds begin = CpuTime();
  const auto hashed = hasher.Hash(password);
  const nanoseconds took = CpuTime() - begin;
  // Out of memory: as good as never.
  return hashed.ok() ? took : std::chrono::hours(1);
}

void RunCalibrate(const CalibrateOptions& options, const HashTimer& timer, std::ostream& out) {
  const std::vector<Row> rows = Measure(options, timer);
  const Row& recommended = Recommended(rows, options);
  (options.json ? PrintJson : PrintTable)(rows, recommended, options, out);
}

Command CalibrateCommand() {
  return {.name = "calibrate",
          .group = "Operators",
          .summary = "measure password hashing on this machine, and recommend flags",
          .examples = {{"tokenforge calibrate --target=100ms", "where a login may take less"}},
          .declare = [](config::Parser& parser) -> Run {
            auto options = std::make_shared<CalibrateOptions>();
            parser.Duration("target", &options->target, options->target, "How long a hash may take",
                            std::chrono::milliseconds(10), std::chrono::seconds(10));
            parser.Integer("rounds", &options->rounds, options->rounds, "Hashes of each kind", 1,
                           1000);
            parser.Integer("hash-threads", &options->threads, 0,
                           "Threads that will hash; 0 takes one per core", 0, 256);
            return [options](const Invocation& call) -> absl::StatusOr<ExitCode> {
              options->json = call.json;
              RunCalibrate(*options, TimeOneHash, call.out);
              return ExitCode::kDone;
            };
          }};
}

}  // namespace tokenforge::cli
