#include "cli/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <istream>
#include <ostream>
#include <string>
#include <utility>

namespace tokenforge::cli {
namespace {

// Turns the terminal's echo off as long as it lives; does nothing where there is no terminal.
class Silence {
 public:
  Silence() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Silence() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  const bool is_terminal_;
};

}  // namespace

std::optional<secret::Secret> Ask(std::istream& in, std::ostream& err, std::string_view question) {
  err << question << std::flush;
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  if (line.ends_with('\r')) line.pop_back();
  return secret::Secret::Take(std::move(line));
}

std::optional<secret::Secret> AskSecretly(std::istream& in, std::ostream& err,
                                          std::string_view question) {
  const Silence silence;
  return Ask(in, err, question);
}

}  // namespace tokenforge::cli
