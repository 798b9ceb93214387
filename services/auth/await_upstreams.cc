#include "services/auth/await_upstreams.h"

#include <grpcpp/channel.h>

#include <chrono>

#include "lib/telemetry/log.h"

namespace tokenforge::auth {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLook{50};
constexpr std::chrono::seconds kSayAgain{5};

void Say(bool users, bool keys, bool sessions) {
  telemetry::Log(telemetry::Level::kInfo, "waiting for the services behind the façade",
                 {{"users", users}, {"keys", keys}, {"sessions", sessions}});
}

}  // namespace

bool AwaitUpstreams(const Upstreams& upstreams, const TrustFeeds& feeds, rpc::Process& process) {
  operators::Readiness& readiness = process.readiness();
  for (const char* name : {"users", "keys", "sessions"}) readiness.Expect(name);
  auto said = std::chrono::steady_clock::now();
  for (;;) {
    const bool users = upstreams.users.channel->GetState(true) == GRPC_CHANNEL_READY;
    const bool keys = feeds.KeysKnown();
    const bool sessions = feeds.RevocationsKnown();
    readiness.Set("users", users, users ? "" : "not connected");
    readiness.Set("keys", keys, keys ? "" : "no signing key is known");
    readiness.Set("sessions", sessions, sessions ? "" : "revocations are not known");
    if (users && keys && sessions) return true;
    if (std::chrono::steady_clock::now() - said > kSayAgain) {
      said = std::chrono::steady_clock::now();
      Say(users, keys, sessions);
    }
    if (!process.Sleep(kLook)) return false;
  }
}

}  // namespace tokenforge::auth
