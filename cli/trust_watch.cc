// trust watch: the feed of trust as guards get it, as it happens.
//
// Each state is acknowledged at once: a watcher that did not would be a guard that is behind, and
// hold up the next rotation of keys.
#include <grpcpp/channel.h>

#include <chrono>
#include <memory>
#include <ostream>

#include "cli/client.h"
#include "cli/facade.h"
#include "cli/families.h"
#include "cli/record.h"
#include "lib/config/config.h"
#include "lib/jose/jwk_set.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::cli {
namespace {

using auth::v1::Revocation;
using auth::v1::TrustService;
using auth::v1::WatchTrustRequest;
using auth::v1::WatchTrustResponse;

struct Options {
  FacadeOptions facade;
  std::chrono::milliseconds at_most{0};
  std::int64_t count = 0;
  bool heartbeats = false;
};

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string KidsOf(const std::string& jwks) {
  const auto keys = jose::JwkSet::Parse(jwks);
  if (!keys.ok()) return "a key set that cannot be read";
  std::string text;
  for (const jose::PublicKey& key : keys->keys()) {
    text += (text.empty() ? "" : " ") + std::string(key.kid());
  }
  return text;
}

std::string WhatOf(const Revocation& revocation) {
  switch (revocation.what_case()) {
    case Revocation::kJti:
      return "token " + revocation.jti();
    case Revocation::kSessionId:
      return "session " + revocation.session_id();
    case Revocation::kUserTokens:
      return "every token of user " + revocation.user_tokens().user_id() + " until now";
    case Revocation::kKid:
      return "key " + revocation.kid();
    default:
      return "something that this version does not know";
  }
}

class Printer {
 public:
  explicit Printer(const Invocation& call) : call_(call) {}

  void Print(const WatchTrustResponse& message, bool heartbeats) {
    if (message.has_snapshot()) {
      const auto& all = message.snapshot();
      Line("snapshot", all.version(),
           std::to_string(all.revocations_size()) + " revocations; keys " + KidsOf(all.jwks()));
    } else if (message.has_change()) {
      Print(message.change());
    } else if (heartbeats) {
      const auto& beat = message.heartbeat();
      Line("heartbeat", beat.version(), beat.stale() ? "the façade itself hears nothing" : "alive");
    }
    call_.out.flush();
  }

 private:
  void Print(const WatchTrustResponse::Change& change) {
    for (const Revocation& each : change.revocations()) {
      Line("revoked", change.version(), WhatOf(each));
    }
    if (!change.jwks().empty()) Line("keys", change.version(), KidsOf(change.jwks()));
    if (change.jwks().empty() && change.revocations().empty()) {
      Line("dropped", change.version(), "revocations that no longer matter");
    }
  }

  void Line(const std::string& event, std::uint64_t version, const std::string& what) {
    Record record;
    record.Time("time", Now())
        .Text("event", event)
        .Number("version", static_cast<std::int64_t>(version))
        .Text("what", what);
    if (call_.json) {
      call_.out << record.Json() << '\n';
      return;
    }
    const std::vector<std::string> cells = record.Cells();
    call_.out << cells[0] << "  " << cells[1] << "  " << cells[3] << '\n';
  }

  const Invocation& call_;
};

std::uint64_t VersionOf(const WatchTrustResponse& message) {
  if (message.has_snapshot()) return message.snapshot().version();
  return message.has_change() ? message.change().version() : 0;
}

absl::StatusOr<ExitCode> Watch(const Options& options, const Invocation& call) {
  const auto channel = Reach(options.facade);
  if (!channel.ok()) return channel.status();
  const auto stub = TrustService::NewStub(*channel);
  rpc::OutgoingContext context =
      NewContext("", std::chrono::duration_cast<std::chrono::seconds>(options.at_most));
  const auto stream = stub->WatchTrust(&context.client());
  WatchTrustRequest request;
  request.mutable_open()->set_guard_id("tokenforge-trust-watch");
  request.mutable_open()->set_audience("tokenforge-trust-watch");
  bool open = stream->Write(request);
  Printer printer(call);
  std::int64_t seen = 0;
  for (WatchTrustResponse message; open && stream->Read(&message);) {
    printer.Print(message, options.heartbeats);
    if (const std::uint64_t version = VersionOf(message); version > 0) {
      request.set_applied_version(version);
      open = stream->Write(request);
    }
    if (options.heartbeats || !message.has_heartbeat()) ++seen;
    const bool enough = options.count > 0 && seen >= options.count;
    if (!enough && call.out.good()) continue;
    context.client().TryCancel();
    stream->Finish();
    return ExitCode::kDone;
  }
  const grpc::Status ended = stream->Finish();
  if (ended.ok() || ended.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return ExitCode::kDone;
  }
  return rpc::FromGrpc(ended, "auth");
}

Run DeclareWatch(config::Parser& parser) {
  auto options = std::make_shared<Options>();
  Declare(parser, &options->facade);
  parser.Duration("for", &options->at_most, std::chrono::hours(24), "Watch at most so long",
                  std::chrono::seconds(1));
  parser.Integer("count", &options->count, 0, "End after so many messages; 0 goes on", 0);
  parser.Bool("heartbeats", &options->heartbeats, false, "Show signs of life too");
  return [options](const Invocation& call) { return Watch(*options, call); };
}

}  // namespace

std::vector<Command> TrustCommands() {
  return {{.name = "trust watch",
           .group = "Operators",
           .summary = "keys and revocations as guards hear of them, as it happens",
           .examples = {{"tokenforge trust watch --count=1 --json", "the state of now"}},
           .declare = DeclareWatch}};
}

}  // namespace tokenforge::cli
