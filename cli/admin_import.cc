// admin import: accounts of another system, from JSON Lines (import_job.h).
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "cli/families.h"
#include "cli/import_job.h"
#include "cli/logged_in.h"
#include "cli/record.h"
#include "lib/config/config.h"
#include "lib/rpc/status.h"

namespace tokenforge::cli {
namespace {

using std::chrono::seconds;
constexpr seconds kChunkTime{60};
constexpr int kMaxFailures = 6;

volatile std::sig_atomic_t stop_asked = 0;
void AskToStop(int /*signal*/) { stop_asked = 1; }

absl::StatusOr<auth::v1::ImportUsersResponse> Send(
    LoggedIn& session, const std::vector<auth::v1::ImportUsersRequest>& rows) {
  absl::StatusOr<rpc::OutgoingContext> context = session.NewCall(kChunkTime);
  if (!context.ok()) return context.status();
  auth::v1::ImportUsersResponse answer;
  const auto writer = session.admin().ImportUsers(&context->client(), &answer);
  for (const auth::v1::ImportUsersRequest& row : rows) {
    if (!writer->Write(row)) break;  // Finish says why
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) return rpc::FromGrpc(status, "auth");
  return answer;
}

// Twice as long each time; false when it was often enough, or the person has had enough.
bool Pause(int failures) {
  if (failures >= kMaxFailures || stop_asked != 0) return false;
  std::this_thread::sleep_for(seconds(1 << failures));
  return stop_asked == 0;
}

absl::StatusOr<ExitCode> Say(const absl::StatusOr<ImportEnd>& end, const ImportState& state,
                             const std::string& file, const Invocation& call) {
  Record record;
  record.Number("imported", state.imported)
      .Number("present", state.present)
      .Number("refused", state.refused);
  Show(record, call.json, call.out);
  if (!end.ok()) {
    call.err << call.program << ": run it again to go on where it stood\n";
    return end.status();
  }
  if (*end == ImportEnd::kBrokenOff) {
    call.err << call.program << ": broken off; run it again to go on\n";
    return ExitCode::kPartly;
  }
  if (*end == ImportEnd::kSomeRefused) {
    call.err << call.program << ": what was refused, and why, is in " << file << ".faults.jsonl\n";
    return ExitCode::kPartly;
  }
  return ExitCode::kDone;
}

struct Options {
  LoginOptions login;
  std::string file;
};

absl::StatusOr<ExitCode> RunAdminImport(const Options& options, const Invocation& call) {
  const std::string& file = call.operands.empty() ? options.file : call.operands[0];
  if (file.empty()) return UsageError("name the file with the accounts");
  const auto session = LoggedIn::Open(options.login, call);
  if (!session.ok()) return session.status();
  std::signal(SIGINT, AskToStop);
  std::signal(SIGTERM, AskToStop);
  ImportState state;
  const ImportJob job{.file = file,
                      .send = [&](const auto& rows) { return Send(**session, rows); },
                      .pause = Pause,
                      .stopped = [] { return stop_asked != 0; },
                      .progress = call.err};
  return Say(RunImport(job, &state), state, file, call);
}

Run DeclareImport(config::Parser& parser) {
  auto options = std::make_shared<Options>();
  parser.FileThatExists("file", &options->file, "", "The accounts, instead of the argument");
  DeclareAdministrator(parser, &options->login);
  return [options](const Invocation& call) { return RunAdminImport(*options, call); };
}

}  // namespace

Command ImportCommand() {
  return {.name = "admin import",
          .group = "Administrators",
          .summary = "import accounts from JSON Lines; goes on where it stood",
          .operands = {{.name = "FILE",
                        .help = "Accounts, one JSON object a line",
                        .needed = false,
                        .file = true}},
          .examples = {{"tokenforge admin import users.jsonl --email=ada@example.org",
                        "as an administrator who is asked for the password"}},
          .declare = DeclareImport};
}

}  // namespace tokenforge::cli
