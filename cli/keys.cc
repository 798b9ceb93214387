// keys list|rotate|revoke|revoke-all: the signing keys, for the day when one has leaked and for the
// drill before it (docs/operations.md).
#include <unistd.h>

#include <chrono>
#include <memory>
#include <ostream>

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
  std::string kid, reason;
  bool yes = false, force = false, end_sessions = false;
  std::chrono::milliseconds wait{0};
};

struct Count {
  int connected = 0, applied = 0;
};

// Follows how many guards apply a revocation: one line that changes at a terminal, else one line a
// change, on `err`.
class LiveCount {
 public:
  explicit LiveCount(std::ostream& err) : err_(err), terminal_(::isatty(STDERR_FILENO) == 1) {}

  void Show(const Count& now) {
    if (now.connected == last_.connected && now.applied == last_.applied) return;
    last_ = now;
    err_ << (terminal_ ? "\r\x1b[K" : "") << now.applied << " of " << now.connected
         << " connected guards refuse what was revoked" << (terminal_ ? "" : "\n") << std::flush;
  }
  void End() const {
    if (terminal_) err_ << "\n";
  }

 private:
  std::ostream& err_;
  const bool terminal_;
  Count last_{-1, -1};
};

absl::StatusOr<auth::v1::RevokeSigningKeyResponse> RevokeKey(LoggedIn& session,
                                                             const std::string& kid,
                                                             const std::string& reason) {
  auth::v1::RevokeSigningKeyRequest request;
  request.set_kid(kid);
  request.set_reason(reason);
  return session.Call(session.admin(), &Admin::RevokeSigningKey, request);
}

// Until every guard has applied it, or the time is over. Each question waits for guards itself, and
// revokes the same key again, which changes nothing.
Count Follow(LoggedIn& session, const Order& order, const std::string& kid, Count count,
             std::ostream& err) {
  LiveCount live(err);
  live.Show(count);
  const auto end = std::chrono::steady_clock::now() + order.wait;
  while (count.applied < count.connected && std::chrono::steady_clock::now() < end) {
    const auto again = RevokeKey(session, kid, order.reason);
    if (!again.ok()) break;  // what was revoked stays revoked
    count = {again->guards_connected(), again->guards_applied()};
    live.Show(count);
  }
  live.End();
  return count;
}

// A key that this revocation revoked, to ask about; empty when none is to be had.
std::string RevokedKidOf(LoggedIn& session) {
  const auto page =
      session.Call(session.admin(), &Admin::ListSigningKeys, auth::v1::ListSigningKeysRequest());
  if (!page.ok()) return "";
  for (const auth::v1::SigningKey& key : page->keys()) {
    if (key.state() == "revoked") return key.kid();
  }
  return "";
}

ExitCode Conclude(const Count& count, int keys_revoked, const auth::v1::SigningKey& active,
                  const Invocation& call) {
  Record record;
  record.Number("keys_revoked", keys_revoked)
      .Text("active_kid", active.kid())
      .Number("guards_connected", count.connected)
      .Number("guards_applied", count.applied);
  Show(record, call.json, call.out);
  if (count.applied >= count.connected) return ExitCode::kDone;
  call.err << call.program << ": some guards are behind: those that are cut off go on trusting "
           << "until they are back or restarted\n";
  return ExitCode::kPartly;
}

absl::StatusOr<ExitCode> List(LoggedIn& session, const Invocation& call) {
  Listing listing(call.out, call.json);
  auth::v1::ListSigningKeysRequest request;
  do {
    const auto page = session.Call(session.admin(), &Admin::ListSigningKeys, request);
    if (!page.ok()) return page.status();
    for (const auth::v1::SigningKey& key : page->keys()) listing.Add(RecordOf(key));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && call.out.good());
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Rotate(const Order& order, const Invocation& call) {
  if (absl::Status sure = Confirm(order.yes, "The next signing key signs from now on.", call);
      !sure.ok()) {
    return sure;
  }
  const auto session = LoggedIn::Open(order.login, call);
  if (!session.ok()) return session.status();
  auth::v1::RotateSigningKeyRequest request;
  request.set_reason(order.reason);
  request.set_force(order.force);
  const auto done = (*session)->Call((*session)->admin(), &Admin::RotateSigningKey, request);
  if (!done.ok()) return done.status();
  Listing listing(call.out, call.json);
  listing.Add(RecordOf(done->active()));
  listing.Add(RecordOf(done->next()));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Revoke(const Order& order, const Invocation& call) {
  const std::string& kid =
      order.kid.empty() && !call.operands.empty() ? call.operands[0] : order.kid;
  if (kid.empty()) return UsageError("KID is missing; `tokenforge keys list` shows them");
  const absl::Status sure = Confirm(
      order.yes, "Tokens that " + kid + " signed are refused everywhere from now on.", call);
  if (!sure.ok()) return sure;
  const auto session = LoggedIn::Open(order.login, call);
  if (!session.ok()) return session.status();
  const auto done = RevokeKey(**session, kid, order.reason);
  if (!done.ok()) return done.status();
  // It may have signed our own token. Without a new one there is nothing more to be asked.
  const bool on = (*session)->Refresh().ok();
  Order asking = order;
  if (!on) asking.wait = std::chrono::milliseconds(0);
  const Count count =
      Follow(**session, asking, kid, {done->guards_connected(), done->guards_applied()}, call.err);
  return Conclude(count, 1, done->active(), call);
}

absl::StatusOr<ExitCode> RevokeAll(const Order& order, const Invocation& call) {
  const std::string what =
      order.end_sessions
          ? "Every signing key of now is revoked and every session ends: everybody logs in anew."
          : "Every signing key of now is revoked: everybody's tokens are refused until refreshed.";
  if (absl::Status sure = Confirm(order.yes, what, call); !sure.ok()) return sure;
  const auto session = LoggedIn::Open(order.login, call);
  if (!session.ok()) return session.status();
  auth::v1::RevokeAllSigningKeysRequest request;
  request.set_reason(order.reason);
  request.set_end_all_sessions(order.end_sessions);
  const auto done = (*session)->Call((*session)->admin(), &Admin::RevokeAllSigningKeys, request);
  if (!done.ok()) return done.status();
  Count count{done->guards_connected(), done->guards_applied()};
  // Our own token went with the keys, and with the sessions what could have refreshed it.
  if (order.end_sessions || !(*session)->Refresh().ok()) {
    LiveCount live(call.err);
    live.Show(count);
    live.End();
  } else if (const std::string kid = RevokedKidOf(**session); !kid.empty()) {
    count = Follow(**session, order, kid, count, call.err);
  }
  return Conclude(count, done->keys_revoked(), done->active(), call);
}

void DeclareOrder(config::Parser& parser, Order* order) {
  parser.String("reason", &order->reason, "", "Why; the audit log keeps it").Required();
  parser.Bool("yes", &order->yes, false, "Do not ask first");
}

void DeclareWait(config::Parser& parser, Order* order) {
  parser.Duration("wait", &order->wait, std::chrono::seconds(10),
                  "How long to follow guards that are behind");
}

Run DeclareRotate(config::Parser& parser) {
  auto order = std::make_shared<Order>();
  DeclareOrder(parser, order.get());
  parser.Bool("force", &order->force, false,
              "Although a connected guard does not know the next key and will refuse its tokens");
  DeclareAdministrator(parser, &order->login);
  return [order](const Invocation& call) { return Rotate(*order, call); };
}

Run DeclareRevoke(config::Parser& parser) {
  auto order = std::make_shared<Order>();
  parser.String("kid", &order->kid, "", "Which key, instead of the argument");
  DeclareOrder(parser, order.get());
  DeclareWait(parser, order.get());
  DeclareAdministrator(parser, &order->login);
  return [order](const Invocation& call) { return Revoke(*order, call); };
}

Run DeclareRevokeAll(config::Parser& parser) {
  auto order = std::make_shared<Order>();
  DeclareOrder(parser, order.get());
  parser.Bool("end-sessions", &order->end_sessions, false,
              "Also end every session of every user: all log in anew");
  DeclareWait(parser, order.get());
  DeclareAdministrator(parser, &order->login);
  return [order](const Invocation& call) { return RevokeAll(*order, call); };
}

}  // namespace

std::vector<Command> KeyCommands() {
  return {
      {.name = "keys list",
       .group = kGroup,
       .summary = "every signing key with its state, newest first",
       .declare = ForAdministrator(List),
       .aliases = {"admin keys list"}},
      {.name = "keys rotate",
       .group = kGroup,
       .summary = "let the next key sign now; refused while a guard would not know it",
       .examples = {{"tokenforge keys rotate --reason=drill", "asks first"}},
       .declare = DeclareRotate,
       .aliases = {"admin keys rotate"}},
      {.name = "keys revoke",
       .group = kGroup,
       .summary = "trust one key no more; refreshing helps whoever has its tokens",
       .operands = {{.name = "KID", .help = "As `keys list` shows it", .needed = false}},
       .examples = {{"tokenforge keys revoke 3q2-7wEiXl0 --reason='leaked, incident 7'",
                     "asks first, then counts the guards that refuse it"}},
       .declare = DeclareRevoke,
       .aliases = {"admin keys revoke"}},
      {.name = "keys revoke-all",
       .group = kGroup,
       .summary = "the worst day: trust no key of now any more",
       .examples =
           {{"tokenforge keys revoke-all --reason='leaked, incident 7'",
             "people refresh and go on"},
            {"tokenforge keys revoke-all --end-sessions --reason='leaked, incident 7' --yes",
             "everybody logs in anew; without asking"}},
       .declare = DeclareRevokeAll,
       .aliases = {"admin keys revoke-all"}},
  };
}

}  // namespace tokenforge::cli
