#include "tests/chaos/key_replicas.h"

#include <grpcpp/channel.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "lib/jose/jwk_set.h"
#include "lib/rpc/channel.h"
#include "services/keys/key_changes.h"
#include "services/keys/key_store_redis.h"
#include "tests/lib/redis/ask.h"
#include "tests/services/keys/some_keys.h"

namespace tokenforge::chaos {
namespace {

// A replica may sign with what it last heard of for as long as a token lives, and one that runs under
// ThreadSanitizer hears of things late.
#if defined(__SANITIZE_THREAD__)
constexpr char kAccessTtl[] = "--access-ttl=60s";
#else
constexpr char kAccessTtl[] = "--access-ttl=6s";
#endif

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr seconds kPatience{60};

}  // namespace

KeyReplicas::KeyReplicas() : kek_file_(certs_.Path("kek")) {
  const std::string kek = "one:" + keys::KekText('1') + "\n";
  rpc::testing::Write(kek_file_, kek);
  EXPECT_EQ(chmod(kek_file_.c_str(), 0600), 0);
  encryption_ = std::make_unique<keys::KeyEncryption>(keys::KeksOf(kek));
  for (std::size_t i = 0; i < kReplicas; ++i) {
    ports_[i] = systemtest::FreePort();
    const auto channel =
        rpc::Connect("127.0.0.1:" + std::to_string(ports_[i]), client_, "/keys").value();
    stubs_[i] = keys::v1::KeyService::NewStub(channel);
    taps_.push_back(std::make_unique<RedisTap>(
        redis_.folder() + "/tap" + std::to_string(i), redis_.socket_path(),
        [this, i](Operation operation, Moment moment) { return Spring(i, operation, moment); }));
  }
}

bool KeyReplicas::StartAll() {
  bool usable = true;
  for (std::size_t i = 0; i < kReplicas; ++i) Start(i);
  for (std::size_t i = 0; i < kReplicas; ++i) usable = AwaitUsable(i) && usable;
  return usable;
}

void KeyReplicas::Start(std::size_t replica) {
  const std::vector<std::string> command = {
      TOKENFORGE_KEYS,
      "--listen=127.0.0.1:" + std::to_string(ports_[replica]),
      "--operators-listen=127.0.0.1:0",
      "--tls-cert-file=" + server_.cert_file,
      "--tls-key-file=" + server_.key_file,
      "--tls-ca-file=" + server_.ca_file,
      "--drain-delay=0",
      "--redis-url=unix://" + taps_[replica]->path(),
      "--kek-file=" + kek_file_,
      "--algorithm=ES256",
      kAccessTtl,
      "--verifier-leeway=1s",
      "--keys-poll=250ms",
      "--publish-for=1s",
      "--rotate-every=2s",
      "--acknowledge-within=30s",
  };
  ASSERT_TRUE(processes_[replica].Start(command, certs_.Path("log" + std::to_string(replica))));
}

bool KeyReplicas::Spring(std::size_t replica, Operation operation, Moment moment) {
  const sync::MutexLock lock(&mutex_);
  if (!aim_ || aim_->operation != operation || aim_->moment != moment) return false;
  aim_.reset();
  processes_[replica].Kill(SIGKILL);
  killed_ = replica;
  changed_.NotifyAll();
  return true;
}

std::size_t KeyReplicas::KillOneAt(Operation operation, Moment moment) {
  std::size_t killed = 0;
  {
    const sync::MutexLock lock(&mutex_);
    aim_ = Aim{operation, moment};
    killed_.reset();
    while (!killed_) changed_.Wait(&mutex_);
    killed = *killed_;
  }
  EXPECT_TRUE(processes_[killed].WaitForEnd(kPatience));
  return killed;
}

std::optional<keys::v1::SignTokenResponse> KeyReplicas::Sign(std::size_t replica) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + kPatience);
  keys::v1::SignTokenRequest request;
  request.mutable_claims()->set_sub("somebody");
  request.mutable_claims()->add_aud("tokenforge");
  request.mutable_claims()->set_client_id("spiffe://example.org/app");
  keys::v1::SignTokenResponse response;
  if (!stubs_[replica]->SignToken(&context, request, &response).ok()) return std::nullopt;
  return response;
}

std::optional<keys::v1::GetJwksResponse> KeyReplicas::Jwks(std::size_t replica, bool wait) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + kPatience);
  context.set_wait_for_ready(wait);
  keys::v1::GetJwksResponse response;
  if (!stubs_[replica]->GetJwks(&context, {}, &response).ok()) return std::nullopt;
  return response;
}

bool KeyReplicas::AwaitUsable(std::size_t replica) {
  if (!Jwks(replica, true)) return false;
  const auto token = Sign(replica);
  const auto jwks = Jwks((replica + 1) % kReplicas, true);
  return token && jwks && jose::JwkSet::Parse(jwks->jwks())->Find(token->kid()) != nullptr;
}

bool KeyReplicas::Agree() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < until) {
    std::set<std::string> sets;
    for (std::size_t i = 0; i < kReplicas; ++i) sets.insert(Jwks(i, true).value().jwks());
    if (sets.size() == 1) return true;
  }
  return false;
}

KeyHistory::KeyHistory(const KeyReplicas& replicas)
    : encryption_(replicas.encryption()),
      client_(redis::Open(fakes::OptionsFor(replicas.redis_address()))) {
  const auto news = [this] {
    const sync::MutexLock lock(&mutex_);
    news_ = true;
    changed_.NotifyAll();
  };
  subscription_ =
      redis::Subscribe(fakes::OptionsFor(replicas.redis_address()), keys::KeyStoreRedis::kNews,
                       {.on_subscribed = news, .on_message = [news](std::string_view) { news(); }});
  thread_ = std::thread([this] { Follow(); });
}

KeyHistory::~KeyHistory() {
  subscription_.reset();
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

void KeyHistory::Follow() {
  keys::KeyStoreRedis store(client_.get());
  std::optional<keys::KeySetRecord> before;
  while (true) {
    {
      const sync::MutexLock lock(&mutex_);
      while (!news_ && !stopping_) changed_.Wait(&mutex_);
      if (stopping_) return;
      news_ = false;
    }
    const auto stored = fakes::Finish(store.Read(fakes::In(kPatience))).value();
    if (!stored || (before && stored->version == before->version)) continue;
    keys::KeySetRecord after = keys::Decode(stored->value, encryption_).value();
    const sync::MutexLock lock(&mutex_);
    if (before) Compare(*before, after);
    before = std::move(after);
    changed_.NotifyAll();
  }
}

void KeyHistory::Compare(const keys::KeySetRecord& before, const keys::KeySetRecord& after) {
  using keys::KeyState;
  const auto fault = [&](const std::string& what) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    faults_.push_back(what + " from version " + std::to_string(before.version) + " to " +
                      std::to_string(after.version));
  };
  if (after.version < before.version) return fault("the store went back");
  const keys::KeyRecord& was = *FindKey(before, KeyState::kActive);
  const keys::KeyRecord& is = *FindKey(after, KeyState::kActive);
  const auto made = std::count_if(after.keys.begin(), after.keys.end(), [&](const auto& key) {
    return FindKey(before, key.kid) == nullptr;
  });
  const bool rotated = was.kid != is.kid;
  if (made != (rotated ? 1 : 0)) fault("made " + std::to_string(made) + " keys");
  if (!rotated) return;
  ++rotations_;
  if (is.kid != FindKey(before, KeyState::kNext)->kid) fault("another key than next was activated");
  const keys::KeyRecord* const old = FindKey(after, was.kid);
  if (old == nullptr || old->state != KeyState::kRetired) fault("the active key did not retire");
  if (*is.activate_time - *was.activate_time < kRotateEvery) fault("rotated twice in a period");
}

void KeyHistory::AwaitRotations(int more) {
  const sync::MutexLock lock(&mutex_);
  const int wanted = rotations_ + more;
  while (rotations_ < wanted) changed_.Wait(&mutex_);
}

int KeyHistory::rotations() {
  const sync::MutexLock lock(&mutex_);
  return rotations_;
}

std::vector<std::string> KeyHistory::faults() {
  const sync::MutexLock lock(&mutex_);
  return faults_;
}

TokenLoad::TokenLoad(KeyReplicas& replicas) : replicas_(replicas), thread_([this] { Run(); }) {}

void TokenLoad::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

int TokenLoad::signed_by_all() const {
  return *std::min_element(by_replica_.begin(), by_replica_.end());
}

void TokenLoad::Run() {
  while (!stop_) {
    for (std::size_t i = 0; i < kReplicas; ++i) {
      const auto token = replicas_.Sign(i);
      if (!token) continue;
      ++tokens_;
      ++by_replica_[i];
      const system_clock::time_point end{seconds(token->expire_time().seconds() + 1)};  // leeway
      system_clock::time_point& last = live_[token->kid()];
      last = std::max(last, end);
      for (std::size_t each = 0; each < kReplicas; ++each) CheckAt(each);
    }
  }
}

void TokenLoad::CheckAt(std::size_t replica) {
  const system_clock::time_point before = system_clock::now();
  const auto answer = replicas_.Jwks(replica);
  if (!answer) return;  // it is dead, or starting
  const auto jwks = jose::JwkSet::Parse(answer->jwks()).value();
  std::erase_if(live_, [](const auto& entry) { return entry.second < system_clock::now(); });
  for (const auto& [kid, end] : live_) {
    ++checks_;
    if (end < before || jwks.Find(kid) != nullptr) continue;
    faults_.push_back("replica " + std::to_string(replica) + " does not publish " + kid +
                      " at version " + std::to_string(answer->version()));
  }
}

}  // namespace tokenforge::chaos
