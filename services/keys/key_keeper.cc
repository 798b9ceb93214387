#include "services/keys/key_keeper.h"

#include <optional>
#include <utility>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"
#include "services/keys/await_task.h"
#include "services/keys/key_news.h"
#include "services/keys/key_set_codec.h"

namespace tokenforge::keys {
namespace {

using telemetry::Level;

constexpr int kAttempts = 16;  // of one change against other replicas; each lost one was theirs
constexpr std::string_view kElsewhere = "another replica changed it";

// Keys for one attempt: taken, and given back when the attempt was lost and nobody has seen them.
class Taken {
 public:
  explicit Taken(KeyMaker& maker) : maker_(maker) {}
  MakeKey source() {
    return [this]() -> absl::StatusOr<KeyRecord> {
      absl::StatusOr<KeyRecord> key = maker_.Take();
      if (key.ok()) keys_.push_back(*key);
      return key;
    };
  }
  void GiveBack() {
    for (KeyRecord& key : keys_) maker_.GiveBack(std::move(key));
    keys_.clear();
  }

 private:
  KeyMaker& maker_;
  std::vector<KeyRecord> keys_;
};

}  // namespace

clock::SteadyTime KeyKeeper::Deadline() const {
  return std::chrono::steady_clock::now() + options_.store_timeout;
}

Time KeyKeeper::Now() const { return std::chrono::floor<std::chrono::milliseconds>(clock_.Now()); }

std::shared_ptr<const KeySet> KeyKeeper::Current() const {
  const sync::MutexLock lock(&mutex_);
  return current_;
}

absl::Status KeyKeeper::Refresh() {
  const auto stored = Wait(store_.Read(Deadline()));
  if (!stored.ok()) return stored.status();
  const std::shared_ptr<const KeySet> ours = Current();
  if (ours == nullptr) return *stored ? Take(**stored) : MakeFirst();
  if (!*stored || (*stored)->version < ours->version()) return PutBack(*stored, *ours);
  if ((*stored)->version > ours->version()) return Take(**stored);
  if ((*stored)->value == value_) return absl::OkStatus();
  // Under our version stands another set: the store lost ours, and a replica that had not seen it
  // went on from the one before.
  const absl::StatusOr<KeySetRecord> theirs = Read(**stored);
  return theirs.ok() ? Merge(**stored, *theirs, ours->ToRecord(), true) : theirs.status();
}

absl::StatusOr<KeySetRecord> KeyKeeper::Read(const StoredValue& stored) const {
  absl::StatusOr<KeySetRecord> record = Decode(stored.value, encryption_);
  if (record.ok() && record->version != stored.version) {
    return absl::DataLossError("the stored key set is damaged: it stands under another version");
  }
  return record;
}

absl::Status KeyKeeper::Take(const StoredValue& stored) {
  absl::StatusOr<KeySetRecord> record = Read(stored);
  if (!record.ok()) return record.status();
  if (const auto ours = Current(); ours != nullptr && BringsBack(*record, ours->ToRecord())) {
    return Merge(stored, *record, ours->ToRecord(), true);
  }
  auto set = KeySet::Open(*std::move(record), encryption_);
  if (!set.ok()) return set.status();
  Adopt(*std::move(set), stored.value, kElsewhere);
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

// Opened before it is stored: what we cannot use ourselves must not become everybody's.
absl::StatusOr<bool> KeyKeeper::Replace(std::uint64_t expected, KeySetRecord next,
                                        std::string_view reason) {
  absl::StatusOr<std::string> value = Encode(next, encryption_);
  if (!value.ok()) return value.status();
  auto set = KeySet::Open(std::move(next), encryption_);
  if (!set.ok()) return set.status();
  StoredValue replacement{(*set)->version(), *value};
  auto replace = store_.Replace(expected, std::move(replacement), Deadline());
  const absl::StatusOr<bool> stored = Wait(std::move(replace));
  if (stored.ok() && *stored) Adopt(*std::move(set), *std::move(value), reason);
  return stored;
}

absl::Status KeyKeeper::MakeFirst() {
  Taken keys(maker_);
  absl::StatusOr<KeySetRecord> first = FirstSet(Now(), keys.source());
  if (!first.ok()) return first.status();
  const absl::StatusOr<bool> stored = Replace(0, *std::move(first), "the first key set");
  if (!stored.ok()) return stored.status();
  if (!*stored) {
    keys.GiveBack();
    return TakeWinner();
  }
  telemetry::Log(Level::kInfo, "made the first key set", {{"kid", Current()->active().kid()}});
  return absl::OkStatus();
}

absl::Status KeyKeeper::PutBack(const std::optional<StoredValue>& stored, const KeySet& ours) {
  telemetry::Log(Level::kWarning, "the store lost the newest key set; putting it back",
                 {{"stored_version", stored ? stored->version : 0}, {"version", ours.version()}});
  const StoredValue nothing;
  KeySetRecord theirs;
  if (stored) {
    absl::StatusOr<KeySetRecord> read = Read(*stored);
    if (!read.ok()) return read.status();
    theirs = *std::move(read);
  }
  // What only the older value holds is not trusted again: it may be somebody's replay.
  return Merge(stored ? *stored : nothing, ours.ToRecord(), theirs, false);
}

absl::Status KeyKeeper::Merge(const StoredValue& stored, const KeySetRecord& base,
                              const KeySetRecord& other, bool adopt_unknown) {
  Taken keys(maker_);
  absl::StatusOr<KeySetRecord> next = Merged(base, other, adopt_unknown, Now(), keys.source());
  if (!next.ok()) return next.status();
  const absl::StatusOr<bool> merged =
      Replace(stored.version, *std::move(next), "the store had lost its last writes");
  if (!merged.ok()) return merged.status();
  if (!*merged) keys.GiveBack();  // another replica did; the next poll takes what it stored
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const KeySet>> KeyKeeper::Change(const How& how,
                                                                std::string_view reason) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::shared_ptr<const KeySet> ours = Current();
    if (ours == nullptr) {
      return errors::MakeRetryable(errors::reasons::DEPENDENCY_DOWN,
                                   "no signing key was loaded yet; try again",
                                   std::chrono::milliseconds(1000));
    }
    Taken keys(maker_);
    absl::StatusOr<KeySetRecord> next = how(ours->ToRecord(), keys.source());
    if (!next.ok()) return next.status();
    if (next->version == ours->version()) return ours;
    const absl::StatusOr<bool> stored = Replace(ours->version(), *std::move(next), reason);
    if (!stored.ok()) return stored.status();
    if (*stored) return Current();
    keys.GiveBack();
    if (absl::Status refreshed = Refresh(); !refreshed.ok()) return refreshed;
  }
  return errors::MakeRetryable(errors::reasons::DEPENDENCY_DOWN,
                               "other replicas keep changing the key set; try again",
                               std::chrono::milliseconds(1000));
}

void KeyKeeper::Adopt(std::shared_ptr<const KeySet> set, std::string value,
                      std::string_view reason) {
  value_ = std::move(value);
  const std::shared_ptr<const KeySet> before = Current();
  TellChanges(before.get(), *set, reason);
  {
    const sync::MutexLock lock(&mutex_);
    current_ = std::move(set);  // `before` holds the old one until after the lock
  }
  if (on_new_set_) on_new_set_();
}

}  // namespace tokenforge::keys
