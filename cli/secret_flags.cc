#include "cli/secret_flags.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/exit_code.h"
#include "cli/password_prompt.h"
#include "lib/config/config.h"
#include "lib/secret/file.h"

namespace tokenforge::cli {
namespace {

constexpr std::size_t kMostBytes = 16 * 1024;

absl::StatusOr<secret::Secret> AsUsage(absl::StatusOr<secret::Secret> asked) {
  if (asked.ok()) return asked;
  return WithExitCode(asked.status(), ExitCode::kUsage);
}

}  // namespace

// Byte by byte: what comes behind the line is somebody else's.
absl::StatusOr<secret::Secret> LineOfDescriptor(int descriptor) {
  std::string line;
  line.reserve(kMostBytes);  // so that it never moves and leaves a copy behind
  for (char c = 0; line.size() < kMostBytes;) {
    const ssize_t got = ::read(descriptor, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return UsageError("descriptor " + std::to_string(descriptor) +
                        " cannot be read: " + std::strerror(errno));
    }
    if (got == 0 || c == '\n') break;
    line += c;
  }
  if (line.ends_with('\r')) line.pop_back();
  secret::Secret read = secret::Secret::Take(std::move(line));
  if (read.empty()) {
    return UsageError("there is no line on descriptor " + std::to_string(descriptor));
  }
  return read;
}

void SecretFlags::Declare(config::Parser& parser, const std::string& name,
                          const std::string& what) {
  parser.FileThatExists(name + "-file", &file_, "", what + ", from a file, instead of asking");
  parser.Integer(name + "-fd", &descriptor_, -1,
                 what + ", the next line of a descriptor, instead of asking", -1, 1023);
  parser.Check([this, name]() -> std::vector<std::string> {
    if (file_.empty() || descriptor_ < 0) return {};
    return {"--" + name + "-file and --" + name + "-fd say two things: give one of them"};
  });
}

absl::StatusOr<secret::Secret> SecretFlags::Named() const {
  return file_.empty() ? LineOfDescriptor(static_cast<int>(descriptor_))
                       : AsUsage(secret::ReadLine(file_));
}

absl::StatusOr<secret::Secret> SecretFlags::Take(const std::string& question) const {
  return named() ? Named() : AsUsage(AskSecret(question));
}

absl::StatusOr<secret::Secret> SecretFlags::TakeNew(const std::string& question) const {
  return named() ? Named() : AsUsage(AskNewSecret(question));
}

}  // namespace tokenforge::cli
