#include "tests/system/command_line.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tokenforge::systemtest {
namespace {

// The write end of a pipe that nobody reads any more; stays open in this process.
int ClosedPipe() {
  static const int end = [] {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) std::abort();
    ::close(ends[0]);
    return ends[1];
  }();
  return end;
}

std::string Redirection(Sink sink, const std::string& file) {
  switch (sink) {
    case Sink::kKept:
      return ">" + file;
    case Sink::kFullDisk:
      return ">/dev/full";
    case Sink::kClosedPipe:
      return ">&" + std::to_string(ClosedPipe());
    case Sink::kClosed:
      return ">&-";
  }
  return "";
}

}  // namespace

std::string ReadWhole(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

CommandLine::CommandLine(const Suite& suite, const std::string& name)
    : home_(suite.dir() + "/" + name),
      environment_("TOKENFORGE_AUTH=127.0.0.1:" + std::to_string(suite.port("auth")) +
                   " TOKENFORGE_CERTS=" + suite.certs()) {
  std::filesystem::create_directories(home_);
}

Ran CommandLine::Run(const std::string& line, Sink sink) const {
  return RunBare(environment_ + " " + TOKENFORGE_CLI + " " + line, sink);
}

Ran CommandLine::RunBare(const std::string& line, Sink sink) const {
  const std::string out = home_ + "/out", err = home_ + "/err";
  std::ofstream(out, std::ios::trunc).flush();
  // No terminal either: setsid, so that nothing asks the person who runs the tests.
  const std::string command = "cd " + home_ +
                              " && exec setsid -w env -u XDG_CONFIG_HOME HOME=" + home_ +
                              " timeout 60 setpriv --pdeathsig=KILL env " + line + " 2>" + err +
                              " " + Redirection(sink, out);
  const int status = std::system(("exec bash -c '" + command + "' </dev/null").c_str());
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = ReadWhole(out),
          .err = ReadWhole(err)};
}

std::string CommandLine::SecretFile(const std::string& name, const std::string& content) const {
  const std::string path = home_ + "/" + name;
  std::ofstream(path) << content << "\n";
  ::chmod(path.c_str(), 0600);
  return path;
}

}  // namespace tokenforge::systemtest
