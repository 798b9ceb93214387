// The sessions service against its own script: what one gRPC hop over mTLS, the token's MAC and the
// service's rules cost beside the same rotations sent to the same Redis through the pipelined
// client alone.
#include <grpcpp/client_context.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench/load.h"
#include "bench/parts.h"
#include "lib/async/task.h"
#include "lib/redis/client.h"
#include "lib/rpc/status.h"
#include "services/sessions/session_store_redis.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"

namespace tokenforge::bench {
namespace {

constexpr int kChains = 64;
constexpr int kRounds = 5;
constexpr auto kSlice = std::chrono::seconds(3);

sessions::Moment Now() {
  return {std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()),
          std::chrono::steady_clock::now() + std::chrono::seconds(10),
          std::chrono::floor<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch())};
}

std::unique_ptr<redis::Client> OpenRedis(const std::string& address) {
  redis::Options options;
  options.endpoint = *redis::ParseEndpoint(address);
  return redis::Open(std::move(options));
}

// As wide a limit of refreshes as the suite's services have, so that both do the same.
sessions::Policy WidePolicy() {
  sessions::Policy policy;
  policy.refresh_limit = sessions::TokenPolicy{1'000'000, 1'000'000, std::chrono::seconds(1)};
  return policy;
}

// Rotations through the store alone: the script, one pipelined connection, no service.
class BareRotations {
 public:
  explicit BareRotations(const std::string& redis_address)
      : client_(OpenRedis(redis_address)), store_(client_.get(), WidePolicy()) {
    for (int i = 0; i < kChains; ++i) {
      sessions::Session session;
      session.user = uuid::Uuid::Random();
      session.id = uuid::Uuid::Random();
      session.lineage.created = Now().now;
      std::atomic<bool> added = false;
      async::Spawn(store_.Add(session, Now()), [&](std::exception_ptr, auto result) {
        if (!result.ok()) std::abort();
        added = true;
        added.notify_one();
      });
      added.wait(false);
      tokens_.push_back({session.user, session.id, 1, "", {}});
    }
  }

  LoadResult Run() {
    return RunLoad(kChains, kSlice, [this](int chain, std::function<void(bool)> answered) {
      sessions::Presented& token = tokens_[static_cast<size_t>(chain)];
      async::Spawn(
          store_.Rotate(token, Now()), [&token, answered](std::exception_ptr, auto rotation) {
            const bool ok = rotation.ok() && rotation->verdict == sessions::Verdict::kRotated;
            if (ok) token.generation = rotation->session.lineage.generation;
            answered(ok);
          });
    });
  }

 private:
  std::unique_ptr<redis::Client> client_;
  sessions::SessionStoreRedis store_;
  std::vector<sessions::Presented> tokens_;
};

struct RotateCall {
  grpc::ClientContext context;
  sessions::v1::RotateRefreshTokenRequest request;
  sessions::v1::RotateRefreshTokenResponse response;
};

// The same through the service, called as the façade calls it.
class ServiceRotations {
 public:
  explicit ServiceRotations(systemtest::Suite& suite) {
    for (int i = 0; i < kChains; ++i) {
      if (i % 16 == 0) {
        stubs_.push_back(sessions::v1::SessionService::NewStub(suite.Connect("sessions", "auth")));
      }
      grpc::ClientContext context;
      sessions::v1::CreateSessionRequest request;
      sessions::v1::CreateSessionResponse response;
      request.set_user_id(uuid::NewId());
      const grpc::Status status = stubs_.back()->CreateSession(&context, request, &response);
      if (!status.ok()) {
        std::fprintf(stderr, "CreateSession: %s\n", status.error_message().c_str());
        std::exit(1);
      }
      tokens_.push_back(response.refresh_token().refresh_token());
    }
  }

  LoadResult Run() {
    return RunLoad(kChains, kSlice, [this](int chain, std::function<void(bool)> answered) {
      auto call = std::make_shared<RotateCall>();
      std::string& token = tokens_[static_cast<size_t>(chain)];
      call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
      call->request.set_refresh_token(token);
      stubs_[static_cast<size_t>(chain) / 16]->async()->RotateRefreshToken(
          &call->context, &call->request, &call->response,
          [call, &token, answered](const grpc::Status& status) {
            if (status.ok()) token = call->response.refresh_token().refresh_token();
            answered(status.ok());
          });
    });
  }

 private:
  std::vector<std::unique_ptr<sessions::v1::SessionService::Stub>> stubs_;
  std::vector<std::string> tokens_;
};

double UsedMemory(const std::string& redis_address) {
  const auto client = OpenRedis(redis_address);
  double used = 0;
  std::atomic<bool> answered = false;
  client->Run(redis::Command({"INFO", "memory"}), Now().deadline,
              [&](absl::StatusOr<redis::Reply> reply) {
                if (!reply.ok()) std::abort();
                const std::string text(*reply->AsBytes());
                used = std::atof(text.c_str() + text.find("used_memory:") + 12);
                answered = true;
                answered.notify_one();
              });
  answered.wait(false);
  return used;
}

// Redis memory that sessions of 2,000 users with five each take, keys and their share of everything
// included.
void MeasureBytes(Report& report, systemtest::Suite& suite) {
  constexpr int kUsers = 2000, kEach = 5;
  const auto stub = sessions::v1::SessionService::NewStub(suite.Connect("sessions", "auth"));
  const double before = UsedMemory(suite.redis_address());
  for (int user = 0; user < kUsers; ++user) {
    const std::string id = uuid::NewId();
    for (int i = 0; i < kEach; ++i) {
      grpc::ClientContext context;
      sessions::v1::CreateSessionRequest request;
      sessions::v1::CreateSessionResponse response;
      request.set_user_id(id);
      request.set_client_id("spiffe://tokenforge.local/app");
      request.add_amr("pwd");
      request.mutable_device()->set_name("Ada's laptop");
      request.mutable_device()->set_user_agent("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
      request.mutable_device()->set_ip_address("192.0.2.17");
      if (!stub->CreateSession(&context, request, &response).ok()) std::abort();
    }
  }
  report.Add({"bytes_per_session", (UsedMemory(suite.redis_address()) - before) / (kUsers * kEach),
              "B", AtMost(300),
              "Redis memory a session with device data, index included, 5 a user"});
}

// What both cost, one after the other, round after round. Microseconds of CPU a rotation.
struct Rounds {
  std::vector<double> ratios, bare_rates, rates, service_us, kernel_us, redis_us, load_us;
  std::vector<double> limit_ratios;
};

void RunRound(Rounds& rounds, BareRotations& bare, ServiceRotations& service, int sessions_pid,
              int redis_pid) {
  const CpuSplit bare_before = CpuSplitOf(redis_pid);
  const LoadResult alone = bare.Run();
  rounds.bare_rates.push_back(alone.PerSecond());
  const double bare_us =
      (CpuSplitOf(redis_pid) - bare_before).seconds() * 1e6 / static_cast<double>(alone.done);
  const CpuSplit service_before = CpuSplitOf(sessions_pid), load_before = CpuSplitOf(getpid());
  const CpuSplit redis_before = CpuSplitOf(redis_pid);
  const LoadResult load = service.Run();
  const double each = 1e6 / static_cast<double>(load.done);
  const CpuSplit used = CpuSplitOf(sessions_pid) - service_before;
  rounds.rates.push_back(load.PerSecond());
  rounds.service_us.push_back(used.seconds() * each);
  rounds.kernel_us.push_back(used.kernel * each);
  rounds.redis_us.push_back((CpuSplitOf(redis_pid) - redis_before).seconds() * each);
  rounds.load_us.push_back((CpuSplitOf(getpid()) - load_before).seconds() * each);
  rounds.ratios.push_back(rounds.rates.back() / rounds.bare_rates.back());
  // Both at their CPU limits: Redis has one thread, which is all that bounds the bare script; the
  // service and Redis share the cores, without the load generator, which a server does not carry.
  const double cores = std::thread::hardware_concurrency();
  const double limit = std::min(cores / (rounds.service_us.back() + rounds.redis_us.back()),
                                1 / rounds.redis_us.back());
  rounds.limit_ratios.push_back(limit * bare_us);
}

void AddRounds(Report& report, const Rounds& rounds) {
  const auto add = [&](const char* key, const std::vector<double>& values, const char* unit,
                       const char* what) { report.Add({key, Median(values), unit, {}, what}); };
  report.Add({"rotate_ratio", Median(rounds.ratios), "x", AtLeast(0.8),
              "rotations through the service over mTLS, of the bare script's rate"});
  report.Add(
      {"rotate_limit_ratio", Median(rounds.limit_ratios), "x", AtLeast(0.8),
       "the same when both are at their CPU limits, without the load generator; from CPU times"});
  add("rotate_per_s", rounds.rates, "1/s", "rotations in the sessions service alone");
  add("rotate_bare_per_s", rounds.bare_rates, "1/s",
      "the same script through one pipelined connection");
  add("rotate_cpu_us", rounds.service_us, "µs", "CPU of the service a rotation");
  add("rotate_kernel_us", rounds.kernel_us, "µs", "of that, in the kernel: sockets and wake-ups");
  add("rotate_redis_cpu_us", rounds.redis_us, "µs", "CPU of Redis a rotation");
  add("rotate_load_cpu_us", rounds.load_us, "µs", "CPU of the load generator a rotation");
}

}  // namespace

void MeasureSessions(Report& report) {
  systemtest::Suite suite(
      systemtest::SuiteOptions{.flags = {{"sessions", {"--log-level=warning"}}}});
  suite.Start();
  BareRotations bare(suite.redis_address());
  ServiceRotations service(suite);
  Rounds rounds;
  for (int round = 0; round < kRounds; ++round) {
    RunRound(rounds, bare, service, suite.process("sessions").pid(), suite.process("redis").pid());
  }
  AddRounds(report, rounds);
  MeasureBytes(report, suite);
}

}  // namespace tokenforge::bench
