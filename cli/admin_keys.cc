#include "cli/admin_keys.h"

#include <google/protobuf/util/time_util.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/admin_session.h"
#include "cli/client.h"
#include "lib/config/config.h"
#include "lib/rpc/status.h"

namespace tokenforge::cli {
namespace {

using std::chrono::seconds;
constexpr seconds kOneCall{20};

enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2, kGuardsBehind = 3 };

constexpr std::string_view kHelp =
    "tokenforge admin keys: the signing keys\n"
    "\n"
    "  tokenforge admin keys list         every key with its state\n"
    "  tokenforge admin keys rotate       let the next key sign now\n"
    "  tokenforge admin keys revoke       trust one key no more\n"
    "  tokenforge admin keys revoke-all   trust no key of now any more\n"
    "\n"
    "Exit codes: 0 done everywhere; 1 not done; 2 not understood; 3 done, but some guards are "
    "behind.\n"
    "Each has --help, which lists its flags.\n";

struct Order {
  std::string kid;
  std::string reason;
  bool force = false;
  bool end_sessions = false;
};

// What one command does with a session: fills `out`, and returns its exit code.
using Act = absl::StatusOr<int> (*)(AdminSession& session, const Order& order, std::ostream& out);

// One call of AdminService.
template <typename Request, typename Response>
absl::StatusOr<Response> Call(AdminSession& session,
                              grpc::Status (auth::v1::AdminService::StubInterface::*method)(
                                  grpc::ClientContext*, const Request&, Response*),
                              const Request& request) {
  absl::StatusOr<rpc::OutgoingContext> context = session.NewCall(kOneCall);
  if (!context.ok()) return context.status();
  Response response;
  const grpc::Status status = (session.admin().*method)(&context->client(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status, "auth");
  return response;
}

void Print(const auth::v1::SigningKey& key, std::ostream& out) {
  using google::protobuf::util::TimeUtil;
  out << key.kid() << "  " << key.algorithm() << "  " << key.state() << "  made "
      << TimeUtil::ToString(key.create_time());
  if (key.has_activate_time()) out << ", signs from " << TimeUtil::ToString(key.activate_time());
  if (key.has_retire_time()) out << ", until " << TimeUtil::ToString(key.retire_time());
  out << std::endl;
}

int Tell(int connected, int applied, std::ostream& out) {
  out << applied << " of " << connected << " connected guards refuse what was revoked" << std::endl;
  return applied < connected ? kGuardsBehind : kDone;
}

absl::StatusOr<int> List(AdminSession& session, const Order& /*order*/, std::ostream& out) {
  auth::v1::ListSigningKeysRequest request;
  do {
    const auto page =
        Call(session, &auth::v1::AdminService::StubInterface::ListSigningKeys, request);
    if (!page.ok()) return page.status();
    for (const auth::v1::SigningKey& key : page->keys()) Print(key, out);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return kDone;
}

absl::StatusOr<int> Rotate(AdminSession& session, const Order& order, std::ostream& out) {
  auth::v1::RotateSigningKeyRequest request;
  request.set_reason(order.reason);
  request.set_force(order.force);
  const auto done =
      Call(session, &auth::v1::AdminService::StubInterface::RotateSigningKey, request);
  if (!done.ok()) return done.status();
  Print(done->active(), out);
  Print(done->next(), out);
  return kDone;
}

absl::StatusOr<int> Revoke(AdminSession& session, const Order& order, std::ostream& out) {
  auth::v1::RevokeSigningKeyRequest request;
  request.set_kid(order.kid);
  request.set_reason(order.reason);
  const auto done =
      Call(session, &auth::v1::AdminService::StubInterface::RevokeSigningKey, request);
  if (!done.ok()) return done.status();
  Print(done->active(), out);
  return Tell(done->guards_connected(), done->guards_applied(), out);
}

absl::StatusOr<int> RevokeAll(AdminSession& session, const Order& order, std::ostream& out) {
  auth::v1::RevokeAllSigningKeysRequest request;
  request.set_reason(order.reason);
  request.set_end_all_sessions(order.end_sessions);
  const auto done =
      Call(session, &auth::v1::AdminService::StubInterface::RevokeAllSigningKeys, request);
  if (!done.ok()) return done.status();
  out << done->keys_revoked() << " keys revoked";
  if (order.end_sessions) out << ", every session ended";
  out << std::endl;
  Print(done->active(), out);
  return Tell(done->guards_connected(), done->guards_applied(), out);
}

int Run(const std::string& program, const AdminLogin& login, const Order& order, Act act,
        std::ostream& out, std::ostream& err) {
  const auto session = AdminSession::Open(login);
  absl::StatusOr<int> code = session.ok() ? act(**session, order, out) : session.status();
  if (code.ok()) return *code;
  err << program << ": " << std::string(code.status().message()) << " (" << Outcome(code.status())
      << ")" << std::endl;
  return kFailed;
}

}  // namespace

int AdminKeys(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  const std::string command = argc > 1 ? argv[1] : "";
  const std::string program = "tokenforge admin keys " + command;
  config::Parser parser(program, "The signing keys, as an administrator.");
  AdminLogin login;
  Order order;
  Act act = nullptr;
  if (command == "list") act = List;
  if (command == "rotate") act = Rotate;
  if (command == "revoke") act = Revoke;
  if (command == "revoke-all") act = RevokeAll;
  if (act == nullptr) {
    const bool asked = command == "--help" || command == "-h" || command == "help";
    (asked ? out : err) << kHelp;
    if (!asked && !command.empty()) err << "\nThere is no command admin keys " << command << ".\n";
    return asked ? kDone : kUsage;
  }
  parser.Group("Order");
  if (act == Revoke) parser.String("kid", &order.kid, "", "which key").Required();
  if (act != List) {
    parser.String("reason", &order.reason, "", "why; the audit log keeps it").Required();
  }
  if (act == Rotate) {
    parser.Bool("force", &order.force, false,
                "although a connected guard does not know the next key and will refuse its tokens");
  }
  if (act == RevokeAll) {
    parser.Bool("end-sessions", &order.end_sessions, false,
                "also end every session of every user: all log in anew");
  }
  Declare(parser, &login);
  if (const auto outcome = parser.Parse(argc - 1, argv + 1); !outcome.run) {
    return outcome.exit_code;
  }
  return Run(program, login, order, act, out, err);
}

}  // namespace tokenforge::cli
