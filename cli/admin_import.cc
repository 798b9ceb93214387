#include "cli/admin_import.h"

#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "cli/admin_session.h"
#include "cli/client.h"
#include "lib/config/config.h"
#include "lib/rpc/status.h"

namespace tokenforge::cli {
namespace {

using std::chrono::seconds;
constexpr const char* kProgram = "tokenforge admin import";
constexpr seconds kChunkTime{60};
constexpr int kMaxFailures = 6;

enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2, kRefusals = 3, kBroken = 4 };

volatile std::sig_atomic_t stop_asked = 0;
void AskToStop(int /*signal*/) { stop_asked = 1; }

absl::StatusOr<auth::v1::ImportUsersResponse> Send(
    AdminSession& session, const std::vector<auth::v1::ImportUsersRequest>& rows) {
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

int Say(const absl::StatusOr<ImportEnd>& end, const ImportState& state, const std::string& file,
        std::ostream& out, std::ostream& err) {
  out << state.imported << " imported, " << state.present << " were there, " << state.refused
      << " refused" << std::endl;
  if (!end.ok()) {
    err << kProgram << ": " << std::string(end.status().message()) << " (" << Outcome(end.status())
        << "); run it again to go on" << std::endl;
    return kFailed;
  }
  if (*end == ImportEnd::kBrokenOff) {
    err << kProgram << ": broken off; run it again to go on" << std::endl;
    return kBroken;
  }
  if (*end == ImportEnd::kSomeRefused) {
    err << kProgram << ": what was refused, and why, is in " << file << ".faults.jsonl"
        << std::endl;
    return kRefusals;
  }
  return kDone;
}

}  // namespace

int AdminImport(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  config::Parser parser(kProgram, "Imports accounts from JSON Lines; goes on where it stood.");
  std::string file;
  AdminLogin login;
  parser.FileThatExists("file", &file, "", "accounts, one JSON object a line").Required();
  Declare(parser, &login);
  // The file may stand alone, as the first argument.
  std::vector<const char*> arguments(argv, argv + argc);
  std::string named;
  if (argc > 1 && argv[1][0] != '-') {
    named = std::string("--file=") + argv[1];
    arguments[1] = named.c_str();
  }
  const auto outcome = parser.Parse(argc, arguments.data(), config::ProcessEnvironment(), out, err);
  if (!outcome.run) return outcome.exit_code;
  const auto session = AdminSession::Open(login);
  if (!session.ok()) {
    err << kProgram << ": " << std::string(session.status().message()) << std::endl;
    return kFailed;
  }
  std::signal(SIGINT, AskToStop);
  std::signal(SIGTERM, AskToStop);
  ImportState state;
  const ImportJob job{.file = file,
                      .send = [&](const auto& rows) { return Send(**session, rows); },
                      .pause = Pause,
                      .stopped = [] { return stop_asked != 0; },
                      .progress = err};
  return Say(RunImport(job, &state), state, file, out, err);
}

}  // namespace tokenforge::cli
