#include "lib/secret/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace tokenforge::secret {
namespace {

absl::Status Unreadable(const std::string& path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat("secret file ", path, " cannot be read"));
}

absl::Status CheckFile(const std::string& path, const struct stat& file, std::size_t limit) {
  if (!S_ISREG(file.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat("secret file ", path, " is not a regular file"));
  }
  if ((file.st_mode & S_IRWXO) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "secret file ", path, " is open to every user of the machine; run: chmod o-rwx ", path,
        " (for a Kubernetes volume set defaultMode: 0400)"));
  }
  if (file.st_size == 0) {
    return absl::InvalidArgumentError(absl::StrCat("secret file ", path, " is empty"));
  }
  if (static_cast<std::size_t>(file.st_size) > limit) {
    return absl::InvalidArgumentError(
        absl::StrCat("secret file ", path, " holds more than ", limit, " bytes"));
  }
  return absl::OkStatus();
}

// Reads until `bytes` is full or the file ends; the size becomes what was read.
absl::Status ReadAll(const std::string& path, int file, std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Secret> ReadFile(const std::string& path, std::size_t limit) {
  // Non-blocking, so that a FIFO put in the file's place cannot hang the start.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Unreadable(path, errno);
  const auto close_file = absl::MakeCleanup([file] { ::close(file); });

  struct stat found{};
  if (::fstat(file, &found) != 0) return Unreadable(path, errno);
  if (absl::Status status = CheckFile(path, found, limit); !status.ok()) return status;

  std::string bytes(static_cast<std::size_t>(found.st_size), '\0');
  const absl::Status read = ReadAll(path, file, bytes);
  Secret secret = Secret::Take(std::move(bytes));
  if (!read.ok()) return read;
  if (secret.empty()) {  // cut short between stat and read
    return absl::InvalidArgumentError(absl::StrCat("secret file ", path, " is empty"));
  }
  return secret;
}

absl::StatusOr<Secret> ReadLine(const std::string& path, std::size_t limit) {
  absl::StatusOr<Secret> whole = ReadFile(path, limit);
  if (!whole.ok()) return whole;
  std::string_view line = whole->Expose();
  if (line.ends_with('\n')) line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
  if (line.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("secret file ", path, " holds nothing but a line end"));
  }
  return Secret(line);
}

}  // namespace tokenforge::secret
