#include "lib/rpc/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/rpc/channel.h"
#include "tests/lib/rpc/certs.h"
#include "tests/lib/rpc/key_server.h"

namespace tokenforge::rpc::testing {
namespace {

using std::chrono::seconds;

// Blocking clients look at idle connections only every 5 s, so late would they see a server go.
const bool kPollOften = setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "50", 1) == 0;

// The probe as a child process; what it writes to both outputs is read as one text.
class Child {
 public:
  explicit Child(const TlsFiles& files, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {TOKENFORGE_PROBE, "--tls-cert-file", files.cert_file,
                                          "--tls-key-file", files.key_file,    "--tls-ca-file",
                                          files.ca_file};
    if (more.empty() || more[0].find("--drain-delay") != 0) more.push_back("--drain-delay=0");
    arguments.insert(arguments.end(), more.begin(), more.end());
    int ends[2];
    int input[2];
    if (pipe2(ends, O_CLOEXEC) != 0 || pipe2(input, O_CLOEXEC) != 0) {
      throw std::runtime_error("pipe");
    }
    pid_ = fork();
    if (pid_ == 0) {
      dup2(input[0], STDIN_FILENO);
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      std::vector<char*> argv;
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    close(input[0]);
    output_ = ends[0];
    input_ = input[1];
  }
  ~Child() {
    if (!waited_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(output_);
    close(input_);
  }

  // Reads until the text appears; false when the process ended, or said nothing for 30 s.
  bool Await(const std::string& text) {
    while (said.find(text) == std::string::npos) {
      if (!ReadSome()) return false;
    }
    return true;
  }
  // -1 when a signal ended it.
  int ExitCode() {
    while (ReadSome()) {
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    waited_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void Release() const { EXPECT_EQ(write(input_, "\n", 1), 1); }  // the held call
  void Signal(int number) const { kill(pid_, number); }
  int Number(const std::string& key) const {
    const size_t at = said.find("\"" + key + "\":");
    return at == std::string::npos ? 0 : std::atoi(said.c_str() + at + key.size() + 3);
  }
  pid_t pid() const { return pid_; }

  std::string said;

 private:
  bool ReadSome() {
    pollfd ready = {output_, POLLIN, 0};
    char buffer[4096];
    if (poll(&ready, 1, 30'000) <= 0) return false;
    const ssize_t n = read(output_, buffer, sizeof buffer);
    if (n > 0) said.append(buffer, static_cast<size_t>(n));
    return n > 0;
  }
  pid_t pid_ = -1;
  int output_ = -1;
  int input_ = -1;
  bool waited_ = false;
};

class ProcessTest : public ::testing::Test {
 protected:
  std::shared_ptr<grpc::Channel> Open(const Child& child) {
    return *Connect("127.0.0.1:" + std::to_string(child.Number("port")), files_, "/probe",
                    {.health_checking = false});
  }
  std::string Http(const Child& child, const std::string& path) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(child.Number("operators_port")));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
      const std::string request =
          "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
      char buffer[4096];
      for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;) {
        answer.append(buffer, static_cast<size_t>(n));
      }
    }
    close(fd);
    return answer;
  }
  Certs certs_;
  TlsFiles files_ = certs_.MakeFor("spiffe://example.org/probe");
};

TEST_F(ProcessTest, ServesAndStopsWithCodeZero) {
  Child child(files_);
  ASSERT_TRUE(child.Await("\"serving\"")) << child.said;
  EXPECT_TRUE(GetJwks(Open(child)).status.ok());
  EXPECT_NE(Http(child, "/readyz").find("200"), std::string::npos);
  child.Signal(SIGTERM);
  EXPECT_EQ(child.ExitCode(), 0) << child.said;
  EXPECT_NE(child.said.find("\"stopped\""), std::string::npos);
}

TEST_F(ProcessTest, InterruptStopsLikeTerminate) {
  Child child(files_);
  ASSERT_TRUE(child.Await("\"serving\""));
  child.Signal(SIGINT);
  EXPECT_EQ(child.ExitCode(), 0) << child.said;
}

TEST_F(ProcessTest, RunningCallFinishesAndThingsCloseInOrderAfterIt) {
  Child child(files_);
  ASSERT_TRUE(child.Await("\"serving\""));
  const auto channel = Open(child);
  auto running = std::async(std::launch::async, [&] { return GetJwks(channel, 1); });
  ASSERT_TRUE(child.Await("held"));
  child.Signal(SIGTERM);
  ASSERT_TRUE(child.Await("drain hook"));
  EXPECT_EQ(running.wait_for(seconds(0)), std::future_status::timeout);
  EXPECT_EQ(child.said.find("close first"), std::string::npos);
  child.Release();
  EXPECT_TRUE(running.get().status.ok());
  EXPECT_EQ(child.ExitCode(), 0) << child.said;
  const size_t first = child.said.find("close first");
  ASSERT_NE(first, std::string::npos);
  EXPECT_LT(first, child.said.find("close second"));
}

TEST_F(ProcessTest, ServesOnDuringTheDrainDelayWhileNotReady) {
  Child child(files_, {"--drain-delay=2s"});
  ASSERT_TRUE(child.Await("\"serving\""));
  const auto channel = Open(child);
  auto running = std::async(std::launch::async, [&] { return GetJwks(channel, 1); });
  ASSERT_TRUE(child.Await("held"));
  child.Signal(SIGTERM);
  ASSERT_TRUE(child.Await("\"stopping\""));
  while (Http(child, "/readyz").find(" 503 ") == std::string::npos) {
  }
  EXPECT_NE(Http(child, "/livez").find(" 200 "), std::string::npos)
      << "who drains must not be killed";
  EXPECT_TRUE(GetJwks(Open(child)).status.ok()) << "a new connection is served too";
  child.Release();
  EXPECT_TRUE(running.get().status.ok());
  EXPECT_EQ(child.ExitCode(), 0) << child.said;
}

TEST_F(ProcessTest, CallThatNeverEndsCostsTheLimitAndIsNamed) {
  Child child(files_, {"--shutdown-grace=100ms", "--stop-limit=600ms"});
  ASSERT_TRUE(child.Await("\"serving\""));
  const auto channel = Open(child);
  auto running = std::async(std::launch::async, [&] { return GetJwks(channel, 2); });
  ASSERT_TRUE(child.Await("held"));
  child.Signal(SIGTERM);
  EXPECT_EQ(child.ExitCode(), 1);
  EXPECT_NE(child.said.find("\"left\":\"finishing calls that run\""), std::string::npos)
      << child.said;
  EXPECT_FALSE(running.get().status.ok());
}

TEST_F(ProcessTest, ThingThatDoesNotCloseIsNamed) {
  Child child(files_, {"--mode=hang", "--shutdown-grace=100ms", "--stop-limit=300ms"});
  ASSERT_TRUE(child.Await("\"serving\""));
  child.Signal(SIGTERM);
  EXPECT_EQ(child.ExitCode(), 1);
  EXPECT_NE(child.said.find("\"left\":\"closing second\""), std::string::npos) << child.said;
}

TEST_F(ProcessTest, SecondSignalEndsAtOnce) {
  Child child(files_, {"--drain-delay=5s"});
  ASSERT_TRUE(child.Await("\"serving\""));
  child.Signal(SIGTERM);
  ASSERT_TRUE(child.Await("\"stopping\""));
  child.Signal(SIGTERM);
  EXPECT_EQ(child.ExitCode(), 1);
  EXPECT_NE(child.said.find("a second signal"), std::string::npos) << child.said;
  EXPECT_EQ(child.said.find("close first"), std::string::npos);
}

TEST_F(ProcessTest, StartThatWaitsForADependencyCanBeStopped) {
  Child child(files_, {"--mode=wait"});
  ASSERT_TRUE(child.Await("waiting"));
  child.Signal(SIGTERM);
  EXPECT_EQ(child.ExitCode(), 0) << child.said;
}

TEST_F(ProcessTest, FailedStartIsOneClearLine) {
  Child child(files_, {"--mode=fail"});
  EXPECT_EQ(child.ExitCode(), 1);
  EXPECT_NE(child.said.find("the store does not answer"), std::string::npos) << child.said;
}

TEST_F(ProcessTest, ExceptionOfTheStartTellsItsTypeOnly) {
  Child child(files_, {"--mode=throw"});
  EXPECT_EQ(child.ExitCode(), 1);
  EXPECT_NE(child.said.find("runtime_error"), std::string::npos) << child.said;
  EXPECT_EQ(child.said.find("secret text"), std::string::npos);
}

TEST_F(ProcessTest, PortThatIsTakenIsAClearFault) {
  Child first(files_);
  ASSERT_TRUE(first.Await("\"serving\""));
  Child second(files_, {"--listen=127.0.0.1:" + std::to_string(first.Number("port"))});
  EXPECT_EQ(second.ExitCode(), 1);
  EXPECT_NE(second.said.find("cannot listen on 127.0.0.1:"), std::string::npos) << second.said;
}

TEST_F(ProcessTest, MistakesOfTheConfigurationAreAllNamed) {
  TlsFiles files = files_;
  files.key_file = certs_.Make("other").key_file;
  Child child(files, {"--drain-delay=20s", "--stop-limit=30s"});
  EXPECT_EQ(child.ExitCode(), 2);
  EXPECT_NE(child.said.find("does not belong to the certificate"), std::string::npos) << child.said;
  EXPECT_NE(child.said.find("must not exceed stop-limit"), std::string::npos);
}

TEST_F(ProcessTest, LeavesNoCoreDumps) {
  Child child(files_);
  ASSERT_TRUE(child.Await("\"serving\""));
  child.Signal(SIGABRT);
  EXPECT_EQ(child.ExitCode(), -1);
  // A process that may not be dumped belongs to root under /proc; the limit says the same.
  Child again(files_);
  ASSERT_TRUE(again.Await("\"serving\""));
  const std::string limits = Read("/proc/" + std::to_string(again.pid()) + "/limits");
  const size_t core = limits.find("Max core file size");
  ASSERT_NE(core, std::string::npos);
  EXPECT_EQ(limits.substr(core, 27), "Max core file size        0");
}

}  // namespace
}  // namespace tokenforge::rpc::testing
