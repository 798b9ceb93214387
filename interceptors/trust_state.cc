#include "interceptors/trust_state.h"

#include <limits>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"

namespace tokenforge {
namespace internal {
namespace {

const clock::Clock& SystemTime() {
  static const clock::SystemClock* const system = new clock::SystemClock;
  return *system;
}

absl::StatusOr<jose::JwkSet> ParseKeys(std::string_view jwks) {
  absl::StatusOr<jose::JwkSet> parsed = jose::JwkSet::Parse(jwks);
  if (!parsed.ok()) {
    return errors::InvalidFields({{"jwks", std::string(parsed.status().message())}});
  }
  if (parsed->keys().empty()) {
    return errors::InvalidFields({{"jwks", "holds no key that can be used"}});
  }
  return parsed;
}

}  // namespace

TrustState::TrustState(const TrustOptions& options)
    : machine_(options.clock != nullptr ? *options.clock : SystemTime()),
      agreed_(&machine_),
      clock_(options.clock != nullptr ? machine_ : agreed_),
      revocations_(options.max_revocations) {}

std::chrono::nanoseconds TrustState::HearTime(clock::WallTime theirs) {
  const clock::SteadyTime now = machine_.SteadyNow();
  agreed_.Hear(theirs, now, now);
  time_awaited_.store(false);
  return machine_.Now() - theirs;
}

absl::Status TrustState::Apply(const TrustUpdate& update) {
  absl::StatusOr<jose::JwkSet> keys = jose::JwkSet();
  if (!update.jwks.empty()) keys = ParseKeys(update.jwks);
  const bool revoked = revocations_.Add(update.revocations, TimeOfRevocations());
  if (revoked) Changed();
  WarnOfDropped();
  if (!keys.ok()) {
    if (revoked) TellListeners();
    return keys.status();
  }
  MarkHeard();
  if (!update.jwks.empty()) SetKeys(*std::move(keys));
  TellListeners();
  return absl::OkStatus();
}

absl::Status TrustState::PublishKeys(std::string_view jwks) {
  absl::StatusOr<jose::JwkSet> keys = ParseKeys(jwks);
  if (!keys.ok()) return keys.status();
  MarkHeard();
  SetKeys(*std::move(keys));
  TellListeners();
  return absl::OkStatus();
}

void TrustState::SetKeys(jose::JwkSet keys) {
  auto published = std::make_shared<const jose::JwkSet>(std::move(keys));
  {
    sync::MutexLock lock(&mutex_);
    keys_ = std::move(published);
    published_.NotifyAll();
  }
  keys_version_.fetch_add(1, std::memory_order_release);
  Changed();
}

void TrustState::AddRevocations(const std::vector<Revocation>& revocations) {
  if (revocations_.Add(revocations, TimeOfRevocations())) Changed();
  WarnOfDropped();
  Heard();
}

void TrustState::ReplaceRevocations(const std::vector<Revocation>& revocations) {
  if (revocations_.Replace(revocations, TimeOfRevocations())) Changed();
  WarnOfDropped();
  Heard();
}

void TrustState::Confirm() {
  revocations_.Sweep(TimeOfRevocations());
  Heard();
}

std::shared_ptr<const jose::JwkSet> TrustState::keys() const {
  sync::MutexLock lock(&mutex_);
  return keys_;
}

std::chrono::nanoseconds TrustState::Age() const {
  const clock::SteadyTime::rep heard = heard_.load(std::memory_order_acquire);
  if (heard == std::numeric_limits<clock::SteadyTime::rep>::min()) {
    return std::chrono::nanoseconds::max();
  }
  return clock_.SteadyNow() - clock::SteadyTime(clock::SteadyTime::duration(heard));
}

bool TrustState::WaitForKeys(std::chrono::steady_clock::time_point deadline) const {
  sync::MutexLock lock(&mutex_);
  while (keys_ == nullptr) {
    if (!published_.WaitUntil(&mutex_, deadline)) return keys_ != nullptr;
  }
  return true;
}

void TrustState::Heard() {
  MarkHeard();
  TellListeners();
}

// Before new keys are seen: they must not look stale to whoever waited for them.
void TrustState::MarkHeard() {
  heard_.store(clock_.SteadyNow().time_since_epoch().count(), std::memory_order_release);
}

void TrustState::Listen(const void* who, std::function<void()> listener) const {
  sync::MutexLock lock(&listening_);
  listeners_[who] = std::move(listener);
}

void TrustState::Forget(const void* who) const {
  sync::MutexLock lock(&listening_);
  listeners_.erase(who);
}

void TrustState::TellListeners() const {
  sync::MutexLock lock(&listening_);
  for (const auto& [who, listener] : listeners_) listener();
}

void TrustState::WarnOfDropped() {
  const std::uint64_t dropped = revocations_.dropped();
  if (reported_drops_.exchange(dropped) == dropped) return;
  telemetry::Log(telemetry::Level::kError,
                 "more revocations than max_revocations: some were dropped and their tokens pass",
                 {{"dropped", dropped}});
}

}  // namespace internal

Trust::Trust(const TrustOptions& options)
    : state_(std::make_unique<internal::TrustState>(options)) {}
Trust::~Trust() = default;

absl::Status Trust::PublishKeys(std::string_view jwks) { return state_->PublishKeys(jwks); }
void Trust::AddRevocations(const std::vector<Revocation>& revocations) {
  state_->AddRevocations(revocations);
}
void Trust::ReplaceRevocations(const std::vector<Revocation>& revocations) {
  state_->ReplaceRevocations(revocations);
}
void Trust::Confirm() { state_->Confirm(); }
bool Trust::HasKeys() const { return state_->keys() != nullptr; }
std::size_t Trust::LiveRevocations() const { return state_->revocations().size(); }
std::chrono::nanoseconds Trust::Age() const { return state_->Age(); }

}  // namespace tokenforge
