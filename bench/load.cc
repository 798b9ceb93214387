#include "bench/load.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string>

namespace tokenforge::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Running {
  std::function<void(int, std::function<void(bool)>)> call;
  SteadyClock::time_point deadline;
  long most = 0;
  std::atomic<long> started = 0;
  std::mutex mutex;
  std::condition_variable ended;
  int chains = 0;
  LoadResult result;
};

// One call of a chain; its answer starts the next one.
void Next(const std::shared_ptr<Running>& run, int chain) {
  const bool enough = SteadyClock::now() >= run->deadline ||
                      (run->most != 0 && run->started.fetch_add(1) >= run->most);
  if (enough) {
    const std::lock_guard<std::mutex> lock(run->mutex);
    if (--run->chains == 0) run->ended.notify_all();
    return;
  }
  const auto began = SteadyClock::now();
  run->call(chain, [run, chain, began](bool ok) {
    const std::chrono::duration<double, std::milli> took = SteadyClock::now() - began;
    {
      const std::lock_guard<std::mutex> lock(run->mutex);
      if (ok) {
        ++run->result.done;
        run->result.milliseconds.push_back(took.count());
      } else {
        ++run->result.failed;
      }
    }
    Next(run, chain);
  });
}

// pid → parent, for every process of the machine.
std::map<int, int> Parents() {
  std::map<int, int> parents;
  DIR* proc = opendir("/proc");
  while (const dirent* entry = readdir(proc)) {
    const int pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    FILE* file = std::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
    if (file == nullptr) continue;
    char text[1024];
    const size_t size = std::fread(text, 1, sizeof text - 1, file);
    std::fclose(file);
    text[size] = '\0';
    const char* end =
        std::find(std::reverse_iterator(text + size), std::reverse_iterator(text), ')').base();
    int parent = 0;
    char state = 0;
    if (std::sscanf(end, " %c %d", &state, &parent) == 2) parents[pid] = parent;
  }
  closedir(proc);
  return parents;
}

double CpuOf(int pid) {
  clockid_t clock;
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace

LoadResult RunLoad(int chains, std::chrono::milliseconds duration,
                   const std::function<void(int, std::function<void(bool)>)>& call, long most) {
  auto run = std::make_shared<Running>();
  run->call = call;
  run->chains = chains;
  run->most = most;
  const auto began = SteadyClock::now();
  run->deadline = began + duration;
  for (int chain = 0; chain < chains; ++chain) Next(run, chain);
  std::unique_lock<std::mutex> lock(run->mutex);
  run->ended.wait(lock, [&] { return run->chains == 0; });
  run->result.seconds = std::chrono::duration<double>(SteadyClock::now() - began).count();
  return run->result;
}

CpuSplit CpuSplitOf(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;  // from the state to the faults
  double user = 0, kernel = 0;
  fields >> user >> kernel;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return {user / ticks, kernel / ticks};
}

double CpuSecondsOf(const std::vector<int>& pids) {
  const std::map<int, int> parents = Parents();
  double total = 0;
  for (const auto& [pid, parent] : parents) {
    int ancestor = pid;
    while (ancestor > 1 && std::find(pids.begin(), pids.end(), ancestor) == pids.end()) {
      const auto up = parents.find(ancestor);
      ancestor = up == parents.end() ? 0 : up->second;
    }
    if (ancestor > 1) total += CpuOf(pid);
  }
  return total;
}

}  // namespace tokenforge::bench
