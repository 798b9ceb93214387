// admin users …, admin sessions …: accounts, as an administrator.
//
// Where a command takes USER, an email may stand for the ID: it is looked up first.
#include <memory>

#include "cli/account_records.h"
#include "cli/confirmation.h"
#include "cli/families.h"
#include "cli/logged_in.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

using Admin = auth::v1::AdminService::StubInterface;
constexpr char kGroup[] = "Administrators";

struct Order {
  LoginOptions login;
  std::string reason, prefix;
  std::vector<std::string> roles, scopes;
  bool yes = false, end_sessions = false;
  std::int64_t limit = 0;
};

absl::StatusOr<auth::v1::User> Find(LoggedIn& session, const std::string& who) {
  auth::v1::GetUserRequest request;
  who.find('@') == std::string::npos ? request.set_user_id(who) : request.set_email(who);
  auto found = session.Call(session.admin(), &Admin::GetUser, request);
  if (!found.ok()) return found.status();
  return std::move(*found->mutable_user());
}

// The ID of a user who was named by ID or email.
absl::StatusOr<std::string> IdOf(LoggedIn& session, const std::string& who) {
  if (who.find('@') == std::string::npos) return who;
  const auto found = Find(session, who);
  if (!found.ok()) return found.status();
  return found->user_id();
}

using Body = absl::StatusOr<ExitCode> (*)(LoggedIn& session, const Order& order,
                                          const Invocation& call);

absl::StatusOr<ExitCode> List(LoggedIn& session, const Order& order, const Invocation& call) {
  constexpr std::int64_t kPage = 500;
  Listing listing(call.out, call.json);
  auth::v1::ListUsersRequest request;
  request.set_email_prefix(order.prefix);
  do {
    const std::int64_t left = order.limit - listing.size();
    request.set_page_size(static_cast<int>(std::min(left, kPage)));
    const auto page = session.Call(session.admin(), &Admin::ListUsers, request);
    if (!page.ok()) return page.status();
    for (const auth::v1::User& user : page->users()) listing.Add(RowOf(user));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && listing.size() < order.limit && call.out.good());
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> ShowUser(LoggedIn& session, const Order& /*order*/,
                                  const Invocation& call) {
  const auto user = Find(session, call.operands[0]);
  if (!user.ok()) return user.status();
  Show(RecordOf(*user), call.json, call.out);
  return ExitCode::kDone;
}

using Names = google::protobuf::RepeatedPtrField<std::string>;

// Those named; "none" is none of them; not named at all, they stay as they are.
Names Chosen(const std::vector<std::string>& named, const Names& present) {
  if (named.empty()) return present;
  if (named == std::vector<std::string>{"none"}) return {};
  return {named.begin(), named.end()};
}

absl::StatusOr<ExitCode> SetRoles(LoggedIn& session, const Order& order, const Invocation& call) {
  if (order.roles.empty() && order.scopes.empty()) {
    return UsageError("name the roles with --roles, the scopes with --scopes, or both");
  }
  const auto user = Find(session, call.operands[0]);
  if (!user.ok()) return user.status();
  auth::v1::SetUserRolesRequest request;
  request.set_user_id(user->user_id());
  *request.mutable_roles() = Chosen(order.roles, user->roles());
  *request.mutable_scopes() = Chosen(order.scopes, user->scopes());
  request.set_end_sessions(order.end_sessions);
  const auto done = session.Call(session.admin(), &Admin::SetUserRoles, request);
  if (!done.ok()) return done.status();
  Show(RecordOf(done->user()), call.json, call.out);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Disable(LoggedIn& session, const Order& order, const Invocation& call) {
  const auto id = IdOf(session, call.operands[0]);
  if (!id.ok()) return id.status();
  auth::v1::DisableUserRequest request;
  request.set_user_id(*id);
  request.set_reason(order.reason);
  const auto done = session.Call(session.admin(), &Admin::DisableUser, request);
  if (!done.ok()) return done.status();
  Show(RecordOf(done->user()), call.json, call.out);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Enable(LoggedIn& session, const Order& order, const Invocation& call) {
  const auto id = IdOf(session, call.operands[0]);
  if (!id.ok()) return id.status();
  auth::v1::EnableUserRequest request;
  request.set_user_id(*id);
  request.set_reason(order.reason);
  const auto done = session.Call(session.admin(), &Admin::EnableUser, request);
  if (!done.ok()) return done.status();
  Show(RecordOf(done->user()), call.json, call.out);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Unlock(LoggedIn& session, const Order& /*order*/, const Invocation& call) {
  const auto id = IdOf(session, call.operands[0]);
  if (!id.ok()) return id.status();
  auth::v1::UnlockUserRequest request;
  request.set_user_id(*id);
  const auto done = session.Call(session.admin(), &Admin::UnlockUser, request);
  if (!done.ok()) return done.status();
  Record record;
  record.Text("user_id", *id).Text("state", "unlocked");
  Show(record, call.json, call.out);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Delete(LoggedIn& session, const Order& order, const Invocation& call) {
  const auto id = IdOf(session, call.operands[0]);
  if (!id.ok()) return id.status();
  const absl::Status sure =
      Confirm(order.yes, "The account " + call.operands[0] + " is removed for good.", call);
  if (!sure.ok()) return sure;
  auth::v1::DeleteUserRequest request;
  request.set_user_id(*id);
  request.set_reason(order.reason);
  const auto done = session.Call(session.admin(), &Admin::DeleteUser, request);
  if (!done.ok()) return done.status();
  Record record;
  record.Text("user_id", *id).Text("state", "deleted");
  Show(record, call.json, call.out);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> ListSessions(LoggedIn& session, const Order& /*order*/,
                                      const Invocation& call) {
  const auto id = IdOf(session, call.operands[0]);
  if (!id.ok()) return id.status();
  Listing listing(call.out, call.json);
  auth::v1::ListUserSessionsRequest request;
  request.set_user_id(*id);
  do {
    const auto page = session.Call(session.admin(), &Admin::ListUserSessions, request);
    if (!page.ok()) return page.status();
    for (const auth::v1::Session& each : page->sessions()) listing.Add(RecordOf(each));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && call.out.good());
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> RevokeSessions(LoggedIn& session, const Order& order,
                                        const Invocation& call) {
  const auto id = IdOf(session, call.operands[0]);
  if (!id.ok()) return id.status();
  auth::v1::RevokeUserSessionsRequest request;
  request.set_user_id(*id);
  request.set_reason(order.reason);
  const auto done = session.Call(session.admin(), &Admin::RevokeUserSessions, request);
  if (!done.ok()) return done.status();
  Record record;
  record.Text("user_id", *id).Number("sessions_ended", done->sessions_ended());
  Show(record, call.json, call.out);
  return ExitCode::kDone;
}

using Own = void (*)(config::Parser& parser, Order* order);

void NothingOfItsOwn(config::Parser& /*parser*/, Order* /*order*/) {}

void DeclareList(config::Parser& parser, Order* order) {
  parser.String("prefix", &order->prefix, "", "Only accounts whose email begins so");
  parser.Integer("limit", &order->limit, 100, "At most so many accounts", 1, 10'000'000);
}

void DeclareRoles(config::Parser& parser, Order* order) {
  parser.StringList("roles", &order->roles, {},
                    "All that it is to have, or none; not given, they stay as they are");
  parser.StringList("scopes", &order->scopes, {}, "The same for scopes");
  parser.Bool("end-sessions", &order->end_sessions, false,
              "In force at once instead of with the next token");
}

void DeclareReason(config::Parser& parser, Order* order) {
  parser.String("reason", &order->reason, "", "Why; the audit log keeps it");
}

void DeclareDelete(config::Parser& parser, Order* order) {
  DeclareReason(parser, order);
  parser.Bool("yes", &order->yes, false, "Do not ask first");
}

std::function<Run(config::Parser&)> With(Own own, Body body) {
  return [own, body](config::Parser& parser) -> Run {
    auto order = std::make_shared<Order>();
    own(parser, order.get());
    DeclareAdministrator(parser, &order->login);
    return [order, body](const Invocation& call) -> absl::StatusOr<ExitCode> {
      const auto session = LoggedIn::Open(order->login, call);
      if (!session.ok()) return session.status();
      return body(**session, *order, call);
    };
  };
}

Command Make(std::string name, std::string summary, Own own, Body body, bool of_a_user = true) {
  Command command{.name = std::move(name),
                  .group = kGroup,
                  .summary = std::move(summary),
                  .declare = With(own, body)};
  if (of_a_user) command.operands = {{"USER", "User ID or email"}};
  return command;
}

}  // namespace

std::vector<Command> UserCommands() {
  std::vector<Command> commands = {
      Make("admin users list", "accounts, in order of their IDs", DeclareList, List, false),
      Make("admin users show", "all about one account", NothingOfItsOwn, ShowUser),
      Make("admin users roles", "set the roles and scopes of an account", DeclareRoles, SetRoles),
      Make("admin users disable", "refuse logins and refreshes of an account, and end its sessions",
           DeclareReason, Disable),
      Make("admin users enable", "undo that", DeclareReason, Enable),
      Make("admin users unlock", "end a lock that failed logins caused", NothingOfItsOwn, Unlock),
      Make("admin users delete", "remove an account, and end its sessions", DeclareDelete, Delete),
      Make("admin sessions list", "where somebody is logged in", NothingOfItsOwn, ListSessions),
      Make("admin sessions revoke", "end every session of somebody", DeclareReason, RevokeSessions),
  };
  commands[0].examples = {{"tokenforge admin users list --prefix=ada --json | jq -r .user_id",
                           "IDs of everybody whose email begins with ada"}};
  commands[2].examples = {{"tokenforge admin users roles ada@example.org --roles=admin,editor",
                           "exactly these two, from the next token on"}};
  commands[3].examples = {{"tokenforge admin users disable ada@example.org --reason='left'",
                           "at once: every guard refuses the tokens that are out"}};
  return commands;
}

}  // namespace tokenforge::cli
