// TokenFile: where a login is kept between commands.
//
// One JSON object of mode 0600, made beside the file and renamed, so that a reader sees the old
// tokens or the new ones and never half of them. Also read: a file with nothing but an access token
// on one line, as scripts write it; such a login cannot be refreshed.
//
// Holds no lock: two commands that refresh at the same moment get the same new tokens (the 30 s in
// which a refresh may be repeated). Used by one thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/command.h"
#include "tokenforge/auth/v1/auth.pb.h"

namespace tokenforge::cli {

// The file that was named, or PROFILE.tokens in the folder of profiles. kUsage without either.
absl::StatusOr<std::string> TokenFileOf(const std::string& named, const Invocation& call);

// NOT_FOUND (kNotLoggedIn): there is none. kUsage: not ours to read, or open to others (any bit of
// 0077), or not such a file.
absl::StatusOr<auth::v1::Tokens> ReadTokens(const std::string& path);

// Removes it; one that is not there is no error.
absl::Status RemoveTokens(const std::string& path);

// A place for tokens, taken before the call that gives them: once Begin has succeeded only the disk
// itself can fail. What was not committed is removed.
class NewTokens {
 public:
  // kFailed, saying why: no folder, no right, no space. Makes the file's folder (0700).
  static absl::StatusOr<std::unique_ptr<NewTokens>> Begin(const std::string& path);
  ~NewTokens();
  NewTokens(const NewTokens&) = delete;
  NewTokens& operator=(const NewTokens&) = delete;

  absl::Status Commit(const auth::v1::Tokens& tokens);
  // The same with nothing but an access token on one line.
  absl::Status CommitLine(const std::string& access_token);

 private:
  NewTokens(std::string path, std::string draft, int file)
      : path_(std::move(path)), draft_(std::move(draft)), file_(file) {}

  const std::string path_;
  const std::string draft_;
  int file_;
};

}  // namespace tokenforge::cli
