// admin token: an administrator's access token in a file that nobody else may read, for calls by
// hand and for other programs.
//
// The token lasts as long as the suite lets access tokens (15 minutes), and its session goes on
// until it is ended or idles out.
#include <memory>
#include <utility>

#include "cli/families.h"
#include "cli/logged_in.h"
#include "cli/record.h"
#include "cli/token_file.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

struct Options {
  LoginOptions login;
  std::string file;
};

absl::StatusOr<ExitCode> Keep(const Options& options, const Invocation& call) {
  if (options.login.email.empty()) return UsageError("--email says which administrator logs in");
  const auto place = NewTokens::Begin(options.file);
  if (!place.ok()) return place.status();
  const auto session = LoggedIn::Open(options.login, call);
  if (!session.ok()) return session.status();
  const absl::Status kept = (*place)->CommitLine((*session)->tokens().access_token());
  if (!kept.ok()) return kept;
  (*session)->Stay();
  Record record;
  record.Text("file", options.file).Text("email", options.login.email);
  Show(record, call.json, call.out);
  return ExitCode::kDone;
}

Run DeclareToken(config::Parser& parser) {
  auto options = std::make_shared<Options>();
  parser.Path("file", &options->file, "admin.token", "Where to; replaced when it is there");
  DeclareAdministrator(parser, &options->login);
  return [options](const Invocation& call) { return Keep(*options, call); };
}

}  // namespace

Command AdminTokenCommand() {
  return {.name = "admin token",
          .group = "Administrators",
          .summary = "log in, and keep the access token alone in a file",
          .examples = {{"tokenforge admin token --email=ada@example.org --file=admin.token",
                        "for 15 minutes of calls by hand"}},
          .declare = DeclareToken};
}

}  // namespace tokenforge::cli
