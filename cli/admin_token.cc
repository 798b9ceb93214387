#include "cli/admin_token.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "cli/admin_session.h"
#include "cli/client.h"
#include "lib/config/config.h"
#include "lib/errors/errors.h"

namespace tokenforge::cli {
namespace {

constexpr const char* kProgram = "tokenforge admin token";

absl::Status Failed(const std::string& file) {
  return errors::Make(errors::reasons::INTERNAL_FAULT,
                      file + ": " + std::generic_category().message(errno));
}

// Readable for its owner alone from its first moment on, and whole or not there: a former token of
// ours is replaced in one move.
absl::Status Write(const std::string& file, const std::string& token) {
  const std::string fresh = file + ".new";
  ::unlink(fresh.c_str());
  const int handle = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle < 0) return Failed(fresh);
  const std::string line = token + "\n";
  const bool written = ::write(handle, line.data(), line.size()) == std::ssize(line);
  const absl::Status status = written ? absl::OkStatus() : Failed(fresh);
  ::close(handle);
  if (!status.ok()) return status;
  return ::rename(fresh.c_str(), file.c_str()) == 0 ? absl::OkStatus() : Failed(file);
}

}  // namespace

int AdminToken(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  config::Parser parser(kProgram, "Logs in and keeps the access token in a file.");
  AdminLogin login;
  std::string file;
  parser.Group("Token");
  parser.Path("file", &file, "admin.token", "where to; replaced when it is there");
  Declare(parser, &login);
  if (const auto outcome = parser.Parse(argc, argv); !outcome.run) return outcome.exit_code;
  const auto session = AdminSession::Open(login);
  const absl::Status status =
      session.ok() ? Write(file, (*session)->KeepToken()) : session.status();
  if (!status.ok()) {
    err << kProgram << ": " << std::string(status.message()) << " (" << Outcome(status) << ")"
        << std::endl;
    return 1;
  }
  out << file << " holds an access token of " << login.email << std::endl;
  return 0;
}

}  // namespace tokenforge::cli
