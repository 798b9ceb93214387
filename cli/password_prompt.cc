#include "cli/password_prompt.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "lib/secret/file.h"

namespace tokenforge::cli {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr char kInterrupt = 3;  // Ctrl-C

// The process's terminal, without echo for as long as this lives. Signals that would end or stop
// the process wait meanwhile: it must not leave a terminal behind that shows nothing.
class SilentTerminal {
 public:
  SilentTerminal() : file_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (file_ < 0 || ::tcgetattr(file_, &before_) != 0) return;
    sigset_t ending;
    ::sigemptyset(&ending);
    for (const int one : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) ::sigaddset(&ending, one);
    ::sigprocmask(SIG_BLOCK, &ending, &signals_before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silent.c_lflag |= static_cast<tcflag_t>(ICANON | IEXTEN | ECHONL);
    silent.c_cc[VEOL2] = kInterrupt;  // ends the line, so that it is seen at once
    silent_ = ::tcsetattr(file_, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (silent_) {
      ::tcsetattr(file_, TCSAFLUSH, &before_);
      ::sigprocmask(SIG_SETMASK, &signals_before_, nullptr);
    }
    if (file_ >= 0) ::close(file_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  bool silent() const { return silent_; }

  bool Say(std::string_view text) const {
    return ::write(file_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }

  // Ctrl-C (which is a character now) and Ctrl-D end it: false.
  bool ReadLine(std::string& line) const {
    for (char c = 0; line.size() < kMaxLine;) {
      if (::read(file_, &c, 1) != 1 || c == kInterrupt) return false;
      if (c == '\n') return true;
      line += c;
    }
    return false;
  }

 private:
  const int file_;
  termios before_{};
  sigset_t signals_before_{};
  bool silent_ = false;
};

}  // namespace

absl::StatusOr<secret::Secret> AskSecret(const std::string& question) {
  const SilentTerminal terminal;
  if (!terminal.silent()) {
    return absl::FailedPreconditionError(
        "there is no terminal to ask at; name a file that holds the password");
  }
  std::string line;
  line.reserve(kMaxLine);  // so that it never moves and leaves a copy behind
  const bool read = terminal.Say(question) && terminal.ReadLine(line);
  secret::Secret answer = secret::Secret::Take(std::move(line));
  if (!read) return absl::FailedPreconditionError("nothing was entered");
  return answer;
}

absl::StatusOr<secret::Secret> AskNewSecret(const std::string& question) {
  absl::StatusOr<secret::Secret> first = AskSecret(question);
  if (!first.ok()) return first;
  const absl::StatusOr<secret::Secret> second = AskSecret("The same again: ");
  if (!second.ok()) return second.status();
  if (first->Expose() != second->Expose()) {
    return absl::InvalidArgumentError("the two were not the same; nothing was changed");
  }
  return first;
}

absl::StatusOr<secret::Secret> SecretFrom(const std::string& path, const std::string& question) {
  return path.empty() ? AskSecret(question) : secret::ReadLine(path);
}

}  // namespace tokenforge::cli
