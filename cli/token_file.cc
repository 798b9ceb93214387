#include "cli/token_file.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "lib/secret/file.h"

namespace tokenforge::cli {
namespace {

constexpr off_t kRoom = 16 * 1024;  // more than two tokens take

absl::Status Unkept(const std::string& path, int error) {
  return absl::InternalError("tokens cannot be kept in " + path + ": " + std::strerror(error));
}

bool WriteAll(int file, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> TokenFileOf(const std::string& named, const Invocation& call) {
  if (!named.empty()) return named;
  if (call.folder.empty()) {
    return UsageError("there is no home folder to keep tokens in; name a file with --token-file");
  }
  return call.folder + "/" + call.profile + ".tokens";
}

absl::StatusOr<auth::v1::Tokens> ReadTokens(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0 && errno == ENOENT) {
    return WithExitCode(
        absl::NotFoundError("not logged in: there is no " + path + "; `tokenforge login` makes it"),
        ExitCode::kNotLoggedIn);
  }
  if ((found.st_mode & 0077) != 0) {
    return UsageError("tokens in " + path + " are open to other users; run: chmod 600 " + path +
                      " (and `tokenforge logout` if somebody may have read them)");
  }
  const absl::StatusOr<secret::Secret> content = secret::ReadLine(path, kRoom);
  if (!content.ok()) return WithExitCode(content.status(), ExitCode::kUsage);
  const std::string text(content->Expose());
  auth::v1::Tokens tokens;
  if (!text.starts_with("{")) {
    tokens.set_access_token(text);
    return tokens;
  }
  if (!google::protobuf::util::JsonStringToMessage(text, &tokens).ok() ||
      tokens.access_token().empty()) {
    return UsageError(path + " is no file of tokens; `tokenforge login` makes a new one");
  }
  return tokens;
}

absl::Status RemoveTokens(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return absl::InternalError("tokens cannot be removed from " + path + ": " + std::strerror(errno));
}

absl::StatusOr<std::unique_ptr<NewTokens>> NewTokens::Begin(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code unmade;
  if (!folder.empty() && !std::filesystem::exists(folder, unmade)) {
    std::filesystem::create_directories(folder, unmade);
    if (unmade) return Unkept(path, unmade.value());
    ::chmod(folder.c_str(), 0700);
  }
  std::string draft = path + ".XXXXXX";
  const int file = ::mkostemp(draft.data(), O_CLOEXEC);  // 0600
  if (file < 0) return Unkept(path, errno);
  auto begun = std::unique_ptr<NewTokens>(new NewTokens(path, draft, file));
  if (const int full = ::posix_fallocate(file, 0, kRoom); full != 0) return Unkept(path, full);
  return begun;
}

NewTokens::~NewTokens() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(draft_.c_str());
}

absl::Status NewTokens::Commit(const auth::v1::Tokens& tokens) {
  google::protobuf::util::JsonPrintOptions form;
  form.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(tokens, &text, form).ok()) {
    return absl::InternalError("the tokens are not text");
  }
  return CommitLine(text);
}

absl::Status NewTokens::CommitLine(const std::string& access_token) {
  const std::string text = access_token + '\n';
  const bool written = WriteAll(file_, text) &&
                       ::ftruncate(file_, static_cast<off_t>(text.size())) == 0 &&
                       ::fsync(file_) == 0 && ::rename(draft_.c_str(), path_.c_str()) == 0;
  if (!written) return Unkept(path_, errno);
  ::close(std::exchange(file_, -1));
  return absl::OkStatus();
}

}  // namespace tokenforge::cli
