// sessions list, sessions revoke: where a person is logged in.
#include <memory>

#include "cli/account_records.h"
#include "cli/families.h"
#include "cli/logged_in.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

using Auth = auth::v1::AuthService::StubInterface;
constexpr char kGroup[] = "Your own account";

absl::StatusOr<ExitCode> List(LoggedIn& session, const Invocation& call) {
  Listing listing(call.out, call.json);
  auth::v1::ListSessionsRequest request;
  do {
    const auto page = session.Call(session.auth(), &Auth::ListSessions, request);
    if (!page.ok()) return page.status();
    for (const auth::v1::Session& each : page->sessions()) listing.Add(RecordOf(each));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && call.out.good());
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Revoke(LoggedIn& session, const Invocation& call) {
  Listing listing(call.out, call.json);
  for (const std::string& id : call.operands) {
    auth::v1::RevokeSessionRequest request;
    request.set_session_id(id);
    const auto ended = session.Call(session.auth(), &Auth::RevokeSession, request);
    if (!ended.ok()) return ended.status();
    Record record;
    record.Text("session_id", id).Text("state", "ended");
    listing.Add(record);
  }
  return ExitCode::kDone;
}

}  // namespace

std::vector<Command> SessionCommands() {
  return {
      {.name = "sessions list",
       .group = kGroup,
       .summary = "where you are logged in, newest first",
       .declare = ForPerson(List)},
      {.name = "sessions revoke",
       .group = kGroup,
       .summary = "log out there; its tokens stop working everywhere",
       .operands = {{.name = "SESSION_ID", .help = "As `sessions list` shows it", .many = true}},
       .declare = ForPerson(Revoke)},
  };
}

}  // namespace tokenforge::cli
