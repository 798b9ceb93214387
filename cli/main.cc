// tokenforge: the command line. Everything it can do is in commands.cc.
#include <absl/synchronization/mutex.h>

#include <csignal>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/frame.h"
#include "cli/output.h"

int main(int argc, char** argv) {
  // Debian's abseil aborts on a lock order that gRPC uses.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // What cannot be written is an error of ours to report, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  using namespace tokenforge::cli;
  OpenStandardDescriptors();
  Output out(1);
  const ExitCode code = RunCommandLine(Commands(), std::vector<std::string>(argv + 1, argv + argc),
                                       tokenforge::config::ProcessEnvironment(),
                                       {.in = std::cin, .out = out, .err = std::cerr});
  const int error = out.Finish();
  if (error == 0) return static_cast<int>(code);
  std::cerr << "tokenforge: the output could not be written: " << std::strerror(error) << std::endl;
  return static_cast<int>(code == ExitCode::kDone ? ExitCode::kOutput : code);
}
