// The one idea, through four real processes: guards verify without a look-up, and what is revoked
// or rotated reaches each of them.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/sync/mutex.h"
#include "tests/system/admin.h"
#include "tests/system/connected_guards.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::systemtest {
namespace {

using std::chrono::seconds;

auth::v1::RegisterResponse Registered(const FacadeClient& client) {
  auto registered = client.Register(FreshEmail(), kPassword);
  EXPECT_TRUE(registered.ok()) << registered.status();
  return registered.ok() ? *registered : auth::v1::RegisterResponse();
}

TEST(Trust, ALogoutReachesEveryConnectedGuard) {
  Suite suite;
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const ConnectedGuards guards(suite, 10);
  for (int round = 0; round < 10; ++round) {
    const auto session = Registered(client).tokens();
    const auto other = Registered(client).tokens();
    ASSERT_TRUE(guards.WaitUntilAll(true, session.access_token()));
    ASSERT_TRUE(client.Logout(session.access_token()).ok());
    EXPECT_TRUE(guards.WaitUntilAll(false, session.access_token()));
    EXPECT_EQ(guards.Accepting(other.access_token()), guards.size());
  }
}

TEST(Trust, GuardsGoOnWhileTheFacadeIsAwayAndLearnWhatTheyMissed) {
  Suite suite;
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const ConnectedGuards guards(suite, 3);
  const auto kept = Registered(client).tokens();
  const auto ended = Registered(client).tokens();
  ASSERT_TRUE(guards.WaitUntilAll(true, ended.access_token()));

  ASSERT_TRUE(client.Logout(ended.access_token()).ok());
  suite.process("auth").Kill(SIGKILL);
  ASSERT_TRUE(suite.process("auth").WaitForEnd(seconds(10)));
  EXPECT_EQ(guards.Accepting(kept.access_token()), guards.size());

  suite.StartProcess("auth");
  ASSERT_TRUE(suite.WaitReady("auth"));
  EXPECT_TRUE(guards.WaitUntilAll(false, ended.access_token()));
  EXPECT_EQ(guards.Accepting(kept.access_token()), guards.size());
}

TEST(Trust, TheWorstDayEndsEveryOldKeyAtEveryGuardAndClientsOnlyNeedToRefresh) {
  Suite suite;
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const ConnectedGuards guards(suite, 10);
  const auto session = Registered(client).tokens();
  Admin admin(suite);
  ASSERT_TRUE(guards.WaitUntilAll(true, session.access_token()));

  auth::v1::RevokeAllSigningKeysResponse response;
  const grpc::Status status = admin.RevokeAllSigningKeys(&response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.keys_revoked(), 2);
  EXPECT_EQ(response.guards_connected(), guards.size());
  EXPECT_EQ(response.guards_applied(), guards.size());
  EXPECT_EQ(guards.Accepting(session.access_token()), 0);
  EXPECT_FALSE(client.WhoAmI(session.access_token()).ok());

  const auto refreshed = client.Refresh(session.refresh_token());
  ASSERT_TRUE(refreshed.ok()) << refreshed.status();
  EXPECT_EQ(guards.Accepting(refreshed->access_token()), guards.size());
  EXPECT_TRUE(client.WhoAmI(refreshed->access_token()).ok());
}

TEST(Trust, TheWorstDayCanEndEverySessionToo) {
  Suite suite;
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const ConnectedGuards guards(suite, 3);
  const auto session = Registered(client).tokens();
  Admin admin(suite);
  ASSERT_TRUE(guards.WaitUntilAll(true, session.access_token()));

  auth::v1::RevokeAllSigningKeysResponse response;
  const grpc::Status status = admin.RevokeAllSigningKeys(&response, Admin::Sessions::kEnd);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.keys_revoked(), 4);
  EXPECT_EQ(response.guards_applied(), guards.size());
  EXPECT_EQ(guards.Accepting(session.access_token()), 0);
  EXPECT_EQ(errors::ReasonOf(client.Refresh(session.refresh_token()).status()),
            errors::reasons::SESSION_ENDED);

  const auto fresh = Registered(client).tokens();
  EXPECT_TRUE(guards.WaitUntilAll(true, fresh.access_token()));
  EXPECT_TRUE(client.Refresh(fresh.refresh_token()).ok());
}

// 60 with TOKENFORGE_ROTATION_SECONDS=60.
seconds RotationTime() {
  const char* given = std::getenv("TOKENFORGE_ROTATION_SECONDS");
  return seconds(given == nullptr ? 10 : std::atoi(given));
}

std::set<std::string> KidsSoFar(Suite& suite) {
  const auto keys = keys::v1::KeyService::NewStub(suite.Connect("keys", "auth"));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(30));
  keys::v1::ListKeysResponse response;
  const grpc::Status status = keys->ListKeys(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  std::set<std::string> kids;
  for (const auto& key : response.keys()) kids.insert(key.kid());
  return kids;
}

TEST(Trust, KeysThatRotateEveryTwoSecondsUnderLoadRefuseNoToken) {
  // Short tokens: at most 48 retired keys are kept for those that are still alive.
  Suite suite(SuiteOptions{.flags = {{"keys",
                                      {"--rotate-every=2s", "--publish-for=1s", "--keys-poll=500ms",
                                       "--access-ttl=10s"}}}});
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const ConnectedGuards guards(suite, 3);
  const auto end = std::chrono::steady_clock::now() + RotationTime();
  std::atomic<int> tokens = 0;
  sync::Mutex mutex;
  std::map<std::string, int> refused;
  const auto note = [&](const absl::Status& status) {
    if (status.ok()) return;
    const sync::MutexLock lock(&mutex);
    ++refused[ReasonName(status)];
  };
  std::vector<std::thread> devices;
  for (int device = 0; device < 4; ++device) {
    devices.emplace_back([&] {
      auth::v1::Tokens held = Registered(client).tokens();
      while (std::chrono::steady_clock::now() < end) {
        for (int i = 0; i < guards.size(); ++i) {
          note(guards.at(i).VerifyToken(held.access_token()).status());
        }
        note(client.WhoAmI(held.access_token()).status());
        const auto next = client.Refresh(held.refresh_token());
        note(next.status());
        if (next.ok()) held = *next;
        ++tokens;
      }
    });
  }
  for (std::thread& device : devices) device.join();
  for (const auto& [reason, count] : refused) ADD_FAILURE() << count << " refused: " << reason;
  const std::size_t kids = KidsSoFar(suite).size();
  EXPECT_GE(kids, static_cast<std::size_t>(RotationTime().count() / 4 + 2));
  std::printf("%d tokens, each verified at %d guards and the façade; %zu keys in %lld s\n",
              tokens.load(), guards.size(), kids, static_cast<long long>(RotationTime().count()));
}

}  // namespace
}  // namespace tokenforge::systemtest
