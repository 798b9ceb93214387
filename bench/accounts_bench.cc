// One million accounts on each database: how fast they are imported and in what memory, and what a
// login's look-up and a page of a list cost then. Through the stores, without the wire.
// --accounts sets another number.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/parts.h"
#include "services/users/directory.h"
#include "services/users/directory_store_sql.h"
#include "services/users/import.h"
#include "services/users/import_store_sql.h"
#include "tests/contract/users/sql_stores.h"

namespace tokenforge::bench {
namespace {

using std::chrono::steady_clock;
constexpr int kLooks = 20'000;
constexpr int kPages = 2'000;
constexpr const char* kHash = "$2b$12$LFppNoENbCtStCmJL3tjEOdvOqfMRQSCAVbtwvwFA45Kb3gqiS3k2";

void Insist(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "tokenforge-bench: %s\n", what);
  std::exit(1);
}

// Of this process, in MiB.
double Resident() {
  long size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

steady_clock::time_point Soon() { return steady_clock::now() + std::chrono::minutes(5); }

std::string EmailOf(int number) { return "user" + std::to_string(number) + "@example.org"; }

template <class Operation>
std::vector<double> Timed(int times, Operation operation) {
  std::vector<double> took;
  for (int i = 0; i < times; ++i) {
    const auto began = steady_clock::now();
    Insist(operation(), "an account or a page was not there");
    took.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - began).count());
  }
  return took;
}

class Measurement {
 public:
  Measurement(Report& report, std::string database, const std::string& url)
      : report_(report), database_(std::move(database)), stores_(url) {}

  void Run() {
    Import();
    Look();
    Page();
  }

 private:
  void Add(const char* what, double value, const char* unit, const char* meaning) {
    report_.Add({"accounts_" + database_ + "_" + what, value, unit, {}, meaning});
  }

  void Import() {
    users::ImportStoreSql store(stores_.database);
    users::AccountImport import(store, clock_);
    users::ImportRun run = import.Begin({.actor = "bench"});
    Insist(users::Ping(stores_).ok(), "the database does not answer");
    const double before = Resident();
    double most = before;
    const auto began = steady_clock::now();
    for (int i = 0; i < accounts_; ++i) {
      run.Take({.email = EmailOf(i),
                .email_verified = true,
                .given_name = "Ada",
                .family_name = "Lovelace",
                .password_hash = kHash});
      if (!run.full() && i + 1 < accounts_) continue;
      Insist(users::Wait(run.Store(Soon())).ok(), "a batch could not be stored");
      most = std::max(most, Resident());
    }
    const std::chrono::duration<double> took = steady_clock::now() - began;
    Insist(run.tally().stored == accounts_, "not every row was stored");
    Add("import_rate", accounts_ / took.count(), "1/s", "rows, in transactions of 500, one stream");
    Add("import_memory", most - before, "MiB", "what the process grew by meanwhile");
  }

  void Look() {
    const std::vector<double> took = Timed(kLooks, [&] {
      const auto email = users::CanonicalEmail::Parse(EmailOf(Any()));
      return users::Wait(stores_.accounts.FindCredentials(Soon(), *email)).ok();
    });
    Add("login_look_up_p50_us", Median(took), "µs", "an account by its email, chosen at random");
    Add("login_look_up_p99_us", Percentile(took, 0.99), "µs", "the same, p99");
  }

  void Page() {
    users::DirectoryStoreSql store(stores_.database);
    users::Directory directory(stores_.accounts, store, clock_);
    users::ListingForm form{.page_size = 100};
    const auto next = [&] {
      const auto page = users::Wait(directory.List(Soon(), form));
      if (!page.ok() || page->accounts.empty()) return false;
      form.page_token = page->next_page_token;
      return true;
    };
    const std::vector<double> by_id = Timed(std::min(kPages, accounts_ / 100), next);
    Add("page_p50_us", Median(by_id), "µs", "a page of 100 accounts, one after the other, by ID");
    Add("page_p99_us", Percentile(by_id, 0.99), "µs", "the same, p99");
    const std::vector<double> by_email = Timed(kPages, [&] {
      form = {.page_size = 100, .email_prefix = "user" + std::to_string(Any() / 100)};
      return next();
    });
    Add("prefix_page_p99_us", Percentile(by_email, 0.99), "µs",
        "the first page of a prefix of the email, chosen at random");
  }

  int Any() { return static_cast<int>(random_() % static_cast<unsigned>(accounts_)); }

  Report& report_;
  const std::string database_;
  const int accounts_ = static_cast<int>(sizes.accounts);
  const clock::SystemClock clock_;
  users::SqlStores stores_;
  std::minstd_rand random_;
};

}  // namespace

void MeasureAccounts(Report& report) {
  {
    const users::TemporaryFolder folder;
    Measurement(report, "sqlite", folder.database_url()).Run();
  }
  contract::PostgresServer server;
  Measurement(report, "postgresql", server.NewDatabase()).Run();
}

}  // namespace tokenforge::bench
