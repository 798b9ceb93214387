#include "tests/lib/redis/server_clock.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace tokenforge::fakes {

ServerClock::ServerClock(std::chrono::milliseconds since_epoch)
    : path_(std::filesystem::temp_directory_path() / "tokenforge-clock-XXXXXX") {
  const int fd = mkstemp(path_.data());
  if (fd < 0 || ftruncate(fd, sizeof(*page_)) != 0) throw std::runtime_error("no temporary file");
  void* shared = mmap(nullptr, sizeof(*page_), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (shared == MAP_FAILED) throw std::runtime_error("no shared page");
  page_ = static_cast<std::atomic<std::int64_t>*>(shared);
  Set(since_epoch);
}

ServerClock::~ServerClock() {
  munmap(page_, sizeof(*page_));
  unlink(path_.c_str());
}

void ServerClock::Set(std::chrono::milliseconds since_epoch) {
  page_->store(std::chrono::microseconds(since_epoch).count());
}

std::unique_ptr<RedisServer> ServerClock::Start(const AclUsers& users,
                                                std::vector<std::string> settings) const {
  setenv("LD_PRELOAD", TOKENFORGE_CLOCK_SHIM, 1);
  setenv("TOKENFORGE_TEST_CLOCK", path_.c_str(), 1);
  auto server = std::make_unique<RedisServer>(users, std::move(settings));
  unsetenv("LD_PRELOAD");
  unsetenv("TOKENFORGE_TEST_CLOCK");
  return server;
}

}  // namespace tokenforge::fakes
