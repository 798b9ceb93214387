#include "tests/system/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <random>

namespace tokenforge::systemtest {

ChildProcess::~ChildProcess() {
  if (!running()) return;
  Kill(SIGKILL);
  WaitForEnd(std::chrono::seconds(10));
}

bool ChildProcess::Start(const std::vector<std::string>& arguments, const std::string& log_file) {
  // posix_spawn, not fork: gRPC's fork handlers must not run in a process with live channels.
  // setpriv has the kernel kill the child when this test ends, however it ends.
  std::vector<char*> argv = {const_cast<char*>("/usr/bin/setpriv"),
                             const_cast<char*>("--pdeathsig=KILL")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  exit_code_ = -1;
  const bool started = posix_spawn(&pid_, argv[0], &files, &attributes, argv.data(), environ) == 0;
  if (!started) pid_ = -1;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return started;
}

void ChildProcess::Kill(int signal) {
  if (running()) kill(pid_, signal);
}

bool ChildProcess::WaitForEnd(std::chrono::milliseconds at_most) {
  if (!running()) return true;
  // A pidfd becomes readable when the process ends: an event, not a poll loop.
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended{fd, POLLIN, 0};
  const int ready = poll(&ended, 1, static_cast<int>(at_most.count()));
  close(fd);
  if (ready <= 0) return false;
  int status = 0;
  waitpid(pid_, &status, 0);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = -1;
  return true;
}

namespace {

// Tests run side by side, and each asks for its ports long before it opens them: a name in the
// abstract socket namespace, kept until this process ends, says that a port is spoken for.
bool Reserve(int port) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string text = "tokenforge-test-port-" + std::to_string(port);
  text.copy(name.sun_path + 1, sizeof name.sun_path - 2);  // the first byte stays NUL: abstract
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  if (bind(fd, reinterpret_cast<sockaddr*>(&name), size) == 0) return true;
  close(fd);
  return false;
}

bool IsFree(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return free;
}

}  // namespace

int FreePort() {
  // Below the range from which the kernel takes the ports of outgoing connections: one of those
  // may take a port between here and the server's start.
  std::random_device random;
  std::uniform_int_distribution<int> ports(10'000, 31'999);
  for (;;) {
    const int port = ports(random);
    if (IsFree(port) && Reserve(port)) return port;
  }
}

}  // namespace tokenforge::systemtest
