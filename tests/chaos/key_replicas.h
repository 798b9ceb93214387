// Three keys replicas as processes over mTLS on one Redis, what they store, and tokens from them.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/redis/subscription.h"
#include "lib/sync/mutex.h"
#include "services/keys/key_set_codec.h"
#include "tests/chaos/redis_tap.h"
#include "tests/lib/redis/redis_server.h"
#include "tests/lib/rpc/certs.h"
#include "tests/system/child_process.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::chaos {

inline constexpr std::size_t kReplicas = 3;
inline constexpr std::chrono::milliseconds kRotateEvery{2000};

class KeyReplicas {
 public:
  KeyReplicas();

  bool StartAll();  // false: one does not become usable
  void Start(std::size_t replica);
  // Waits until a replica, whichever is first, comes to this point, kills it there, and says which.
  std::size_t KillOneAt(Operation operation, Moment moment);
  // Whether it signs, with a key that another replica publishes.
  bool AwaitUsable(std::size_t replica);
  // Whether all replicas come to publish the same set.
  bool Agree();

  // One token, or nothing when the replica does not answer (it may be dead).
  std::optional<keys::v1::SignTokenResponse> Sign(std::size_t replica);
  std::optional<keys::v1::GetJwksResponse> Jwks(std::size_t replica, bool wait = false);

  std::string redis_address() const { return redis_.address(); }
  const keys::KeyEncryption& encryption() const { return *encryption_; }

 private:
  struct Aim {
    Operation operation;
    Moment moment;
  };
  bool Spring(std::size_t replica, Operation operation, Moment moment);

  fakes::RedisServer redis_;
  rpc::testing::Certs certs_;
  rpc::TlsFiles server_ = certs_.MakeFor("spiffe://example.org/keys");
  rpc::TlsFiles client_ = certs_.MakeFor("spiffe://example.org/auth");
  std::string kek_file_;
  std::unique_ptr<keys::KeyEncryption> encryption_;
  std::array<systemtest::ChildProcess, kReplicas> processes_;
  std::array<int, kReplicas> ports_;
  std::array<std::unique_ptr<keys::v1::KeyService::Stub>, kReplicas> stubs_;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::optional<Aim> aim_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::size_t> killed_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<RedisTap>> taps_;  // last: their threads go first
};

// Follows what is stored, by the news that the replicas publish.
class KeyHistory {
 public:
  explicit KeyHistory(const KeyReplicas& replicas);
  ~KeyHistory();

  // Waits until the active key has changed so many times more.
  void AwaitRotations(int more);
  int rotations();
  // Anything but: next became active, the active one retired, one new next; at most one each
  // period.
  std::vector<std::string> faults();

 private:
  void Follow();
  void Compare(const keys::KeySetRecord& before, const keys::KeySetRecord& after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const keys::KeyEncryption& encryption_;
  std::unique_ptr<redis::Client> client_;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  bool news_ ABSL_GUARDED_BY(mutex_) = true;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int rotations_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> faults_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<redis::Subscription> subscription_;
  std::thread thread_;
};

// Signs at every replica in turn, and asks every replica for the keys of what was signed until it
// expires.
class TokenLoad {
 public:
  explicit TokenLoad(KeyReplicas& replicas);
  ~TokenLoad() { Stop(); }
  void Stop();

  // After Stop.
  std::vector<std::string> faults() const { return faults_; }
  int tokens() const { return tokens_; }
  int checks() const { return checks_; }
  int signed_by_all() const;

 private:
  void Run();
  void CheckAt(std::size_t replica);

  KeyReplicas& replicas_;
  std::atomic<bool> stop_ = false;
  std::map<std::string, std::chrono::system_clock::time_point> live_;  // kid: its last token's end
  std::vector<std::string> faults_;
  std::array<int, kReplicas> by_replica_ = {};
  int tokens_ = 0;
  int checks_ = 0;
  std::thread thread_;
};

}  // namespace tokenforge::chaos
