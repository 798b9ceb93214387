// CommandLine: runs `tokenforge` as a person or a script would, with a home of its own, and tells
// what it said on each side and how it ended.
//
// Used from one thread. What it starts dies with the test.
#pragma once

#include <string>
#include <vector>

#include "tests/system/suite.h"

namespace tokenforge::systemtest {

struct Ran {
  int code = -1;
  std::string out, err;
};

// Where standard output goes.
enum class Sink { kKept, kFullDisk, kClosedPipe, kClosed };

class CommandLine {
 public:
  // A home folder inside the suite's own; `--auth` and `--certs` point at the suite.
  CommandLine(const Suite& suite, const std::string& name);

  // `line` is the words after `tokenforge`, as a shell takes them: with quotes and redirections.
  Ran Run(const std::string& line, Sink sink = Sink::kKept) const;
  // The same without the flags that point at the suite.
  Ran RunBare(const std::string& line, Sink sink = Sink::kKept) const;

  // Writes a file of mode 0600 and returns its path.
  std::string SecretFile(const std::string& name, const std::string& content) const;

  const std::string& home() const { return home_; }
  std::string token_file() const { return home_ + "/.config/tokenforge/default.tokens"; }

 private:
  const std::string home_;
  const std::string environment_;
};

std::string ReadWhole(const std::string& path);

}  // namespace tokenforge::systemtest
