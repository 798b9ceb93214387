#include "tests/lib/redis/redis_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace tokenforge::fakes {
namespace {

// One PING over a fresh connection: "+PONG", or an error that is not -LOADING (a password is
// wanted).
bool Answers(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  std::array<char, 256> answer = {};
  const bool answered =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      write(fd, "PING\r\n", 6) == 6 && read(fd, answer.data(), answer.size() - 1) > 0 &&
      std::strncmp(answer.data(), "-LOADING", 8) != 0;
  close(fd);
  return answered;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> settings) : settings_(std::move(settings)) {
  MakeFolder();
  Start();
}

RedisServer::RedisServer(const AclUsers& users, std::vector<std::string> settings)
    : settings_(std::move(settings)) {
  MakeFolder();
  const std::string file = folder_ + "/users.acl";
  users.WriteTo(file);
  settings_.insert(settings_.end(), {"--aclfile", file});
  Start();
}

void RedisServer::MakeFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "tokenforge-redis-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
}

RedisServer::~RedisServer() {
  if (pid_ > 0) Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::Start() {
  std::vector<std::string> words = {"redis-server",
                                    "--port",
                                    "0",
                                    "--unixsocket",
                                    socket_path(),
                                    "--dir",
                                    folder_,
                                    "--appendonly",
                                    "yes",
                                    "--appendfsync",
                                    "always",
                                    "--save",
                                    "",
                                    "--logfile",
                                    folder_ + "/log",
                                    "--maxmemory-policy",
                                    "noeviction"};
  words.insert(words.end(), settings_.begin(), settings_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  unlink(socket_path().c_str());
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves no server behind
    execvp("redis-server", arguments.data());
    _exit(127);
  }
  if (pid_ < 0) throw std::runtime_error("no process for redis-server");
  AwaitReady();
}

// There is no event to await between two processes that do not know each other: ask, with an end.
void RedisServer::AwaitReady() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!Answers(socket_path())) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_ || std::chrono::steady_clock::now() > until) {
      pid_ = -1;
      throw std::runtime_error("redis-server did not start; see " + folder_ + "/log");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void RedisServer::Signal(int signal) const {
  if (pid_ <= 0) throw std::logic_error("the server is not running");
  kill(pid_, signal);
}

void RedisServer::Reap() {
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Kill() {
  Signal(SIGKILL);
  Reap();
}

void RedisServer::Terminate() {
  Signal(SIGTERM);
  Reap();
}

void RedisServer::Pause() { Signal(SIGSTOP); }
void RedisServer::Resume() { Signal(SIGCONT); }

void RedisServer::Restart() {
  Kill();
  Start();
}

}  // namespace tokenforge::fakes
