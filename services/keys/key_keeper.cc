#include "services/keys/key_keeper.h"

#include <array>
#include <future>
#include <optional>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "services/keys/key_set_codec.h"

namespace tokenforge::keys {
namespace {

using telemetry::Level;

// Waits for a task; only on threads of our own, never on gRPC's or the Redis loop.
template <class T>
T Wait(async::Task<T> task) {
  std::promise<T> promise;
  async::Spawn(std::move(task), [&promise](std::exception_ptr thrown, T value) {
    if (thrown) {
      promise.set_exception(thrown);
    } else {
      promise.set_value(std::move(value));
    }
  });
  return promise.get_future().get();
}

void CountKeys(const KeySet& set) {
  static const telemetry::GaugeFamily family("tokenforge_signing_keys",
                                             "Signing keys by their state.", {"state"});
  for (const KeyState state :
       {KeyState::kNext, KeyState::kActive, KeyState::kRetired, KeyState::kRevoked}) {
    int count = 0;
    for (const KeySet::Key& key : set.keys()) count += key.record.state == state ? 1 : 0;
    family.With({NameOf(state)}).Set(count);
  }
}

std::string_view Text(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace

clock::SteadyTime KeyKeeper::Deadline() const {
  return std::chrono::steady_clock::now() + options_.store_timeout;
}

std::shared_ptr<const KeySet> KeyKeeper::Current() const {
  const sync::MutexLock lock(&mutex_);
  return current_;
}

absl::Status KeyKeeper::Refresh() {
  const auto stored = Wait(store_.Read(Deadline()));
  if (!stored.ok()) return stored.status();
  const std::shared_ptr<const KeySet> ours = Current();
  const std::uint64_t stored_version = *stored ? (*stored)->version : 0;
  if (ours == nullptr) return *stored ? Take(**stored) : MakeFirst();
  if (stored_version == ours->version()) return absl::OkStatus();
  if (stored_version > ours->version()) return Take(**stored);
  return PutBack(stored_version, *ours);
}

absl::Status KeyKeeper::Take(const StoredValue& stored) {
  absl::StatusOr<KeySetRecord> record = Decode(stored.value, encryption_);
  if (!record.ok()) return record.status();
  if (record->version != stored.version) {
    return absl::DataLossError("the stored key set is damaged: it stands under another version");
  }
  auto set = KeySet::Open(*std::move(record), encryption_);
  if (!set.ok()) return set.status();
  Adopt(*std::move(set));
  return absl::OkStatus();
}

absl::StatusOr<KeyRecord> KeyKeeper::NewKey(KeyState state) const {
  const auto key = jose::PrivateKey::Generate(options_.algorithm);
  if (!key.ok()) return key.status();
  auto sealed = SealKey(*key, encryption_);
  if (!sealed.ok()) return sealed.status();
  const Time now = std::chrono::floor<std::chrono::milliseconds>(clock_.Now());
  KeyRecord record;
  record.kid = key->kid();
  record.algorithm = key->algorithm();
  record.state = state;
  record.create_time = now;
  if (state == KeyState::kActive) record.activate_time = now;
  record.private_key = *std::move(sealed);
  return record;
}

absl::StatusOr<bool> KeyKeeper::Store(std::uint64_t expected, const KeySetRecord& next) {
  absl::StatusOr<std::string> value = Encode(next, encryption_);
  if (!value.ok()) return value.status();
  return Wait(store_.Replace(expected, {next.version, *std::move(value)}, Deadline()));
}

absl::Status KeyKeeper::MakeFirst() {
  KeySetRecord first{1, {}};
  for (const KeyState state : {KeyState::kActive, KeyState::kNext}) {
    absl::StatusOr<KeyRecord> key = NewKey(state);
    if (!key.ok()) return key.status();
    first.keys.push_back(*std::move(key));
  }
  // Opened before it is stored: what we cannot use ourselves must not become everybody's.
  auto set = KeySet::Open(first, encryption_);
  if (!set.ok()) return set.status();
  const absl::StatusOr<bool> stored = Store(0, first);
  if (!stored.ok()) return stored.status();
  if (!*stored) return TakeWinner();
  telemetry::Log(Level::kInfo, "made the first key set", {{"kid", (*set)->active().kid()}});
  Adopt(*std::move(set));
  return absl::OkStatus();
}

// Another replica was first, so there is a set to take now.
absl::Status KeyKeeper::TakeWinner() {
  const auto stored = Wait(store_.Read(Deadline()));
  if (!stored.ok()) return stored.status();
  if (!*stored) {
    return absl::DataLossError("the store holds no key set, and takes none: it is damaged");
  }
  return Take(**stored);
}

absl::Status KeyKeeper::PutBack(std::uint64_t stored_version, const KeySet& ours) {
  telemetry::Log(Level::kWarning, "the store lost the newest key set; putting it back",
                 {{"stored_version", stored_version}, {"version", ours.version()}});
  KeySetRecord next = ours.ToRecord();
  ++next.version;
  const absl::StatusOr<bool> stored = Store(stored_version, next);
  if (!stored.ok()) return stored.status();
  if (!*stored) return absl::OkStatus();  // another replica did; the next poll takes what it stored
  auto set = KeySet::Open(std::move(next), encryption_);
  if (!set.ok()) return set.status();
  Adopt(*std::move(set));
  return absl::OkStatus();
}

void KeyKeeper::Adopt(std::shared_ptr<const KeySet> set) {
  CountKeys(*set);
  telemetry::Log(Level::kInfo, "key set in use",
                 {{"version", set->version()}, {"kid", set->active().kid()}});
  const sync::MutexLock lock(&mutex_);
  current_.swap(set);  // the old one goes after the lock
}

void KeyKeeper::StartPolling() {
  poller_ = std::thread([this] { Poll(); });
}

void KeyKeeper::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_or_time_.NotifyAll();
  if (poller_.joinable()) poller_.join();
}

void KeyKeeper::Poll() {
  bool well = true;
  while (true) {
    {
      const sync::MutexLock lock(&mutex_);
      const auto next = std::chrono::steady_clock::now() + options_.poll_interval;
      while (!stopping_ && stop_or_time_.WaitUntil(&mutex_, next)) {
      }
      if (stopping_) return;
    }
    const absl::Status status = Refresh();
    if (well && !status.ok()) {
      telemetry::Log(Level::kError, "cannot refresh the keys; those in memory stay in use",
                     {{"detail", Text(status)}});
    }
    if (!well && status.ok()) telemetry::Log(Level::kInfo, "keys refresh again");
    well = status.ok();
  }
}

}  // namespace tokenforge::keys
