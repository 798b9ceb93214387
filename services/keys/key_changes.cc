#include "services/keys/key_changes.h"

#include <algorithm>
#include <utility>

#include "lib/errors/errors.h"

namespace tokenforge::keys {
namespace {

namespace reasons = errors::reasons;

KeyRecord* Find(KeySetRecord& set, KeyState state) {
  for (KeyRecord& key : set.keys) {
    if (key.state == state) return &key;
  }
  return nullptr;
}

void Activate(KeyRecord& key, Time now) {
  key.state = KeyState::kActive;
  key.activate_time = now;
}

void End(KeyRecord& key, KeyState state, Time now) {
  key.state = state;
  key.retire_time = now;
}

absl::Status Add(KeySetRecord& set, KeyState state, Time now, const MakeKey& make) {
  absl::StatusOr<KeyRecord> key = make();
  if (!key.ok()) return key.status();
  key->state = state;
  key->create_time = now;
  key->publish_version = set.version;
  if (state == KeyState::kActive) key->activate_time = now;
  set.keys.push_back(*std::move(key));
  return absl::OkStatus();
}

// Makes room: revoked keys are kept only for show, retired ones (after them) for their last tokens.
void Trim(KeySetRecord& set) {
  for (const KeyState state : {KeyState::kRevoked, KeyState::kRetired}) {
    while (set.keys.size() > kMostKeys) {
      const auto oldest = std::min_element(set.keys.begin(), set.keys.end(),
                                           [state](const KeyRecord& a, const KeyRecord& b) {
                                             if ((a.state == state) != (b.state == state))
                                               return a.state == state;
                                             return a.retire_time < b.retire_time;
                                           });
      if (oldest->state != state) break;
      set.keys.erase(oldest);
    }
  }
}

// Whatever happened before: one active key (next takes the place, or a new one), and a next one.
absl::StatusOr<KeySetRecord> Completed(KeySetRecord set, Time now, const MakeKey& make) {
  if (Find(set, KeyState::kActive) == nullptr) {
    if (KeyRecord* const next = Find(set, KeyState::kNext)) {
      Activate(*next, now);
    } else if (absl::Status made = Add(set, KeyState::kActive, now, make); !made.ok()) {
      return made;
    }
  }
  if (Find(set, KeyState::kNext) == nullptr) {
    if (absl::Status made = Add(set, KeyState::kNext, now, make); !made.ok()) return made;
  }
  Trim(set);
  return set;
}

KeySetRecord Successor(const KeySetRecord& set) {
  KeySetRecord next = set;
  ++next.version;
  return next;
}

KeyRecord FurtherAlong(const KeyRecord& a, const KeyRecord& b) { return a.state < b.state ? b : a; }

}  // namespace

const KeyRecord* FindKey(const KeySetRecord& set, std::string_view kid) {
  for (const KeyRecord& key : set.keys) {
    if (key.kid == kid) return &key;
  }
  return nullptr;
}

const KeyRecord* FindKey(const KeySetRecord& set, KeyState state) {
  return Find(const_cast<KeySetRecord&>(set), state);
}

absl::StatusOr<KeySetRecord> FirstSet(Time now, const MakeKey& make) {
  const auto version = std::max<std::int64_t>(1, now.time_since_epoch().count());
  return Completed({static_cast<std::uint64_t>(version), {}}, now, make);
}

absl::StatusOr<KeySetRecord> WithNewNext(const KeySetRecord& set, Time now, const MakeKey& make) {
  KeySetRecord after = Successor(set);
  std::erase_if(after.keys, [](const KeyRecord& key) { return key.state == KeyState::kNext; });
  return Completed(std::move(after), now, make);
}

absl::StatusOr<KeySetRecord> Rotated(const KeySetRecord& set, Time now, const MakeKey& make) {
  const auto trusted = std::count_if(set.keys.begin(), set.keys.end(), [](const KeyRecord& key) {
    return key.state != KeyState::kRevoked;
  });
  if (static_cast<std::size_t>(trusted) >= kMostKeys) {
    return errors::MakeRetryable(reasons::OVERLOADED,
                                 "the key set is full of retired keys whose tokens still live; "
                                 "rotate again when they are gone",
                                 std::chrono::minutes(1));
  }
  KeySetRecord after = Successor(set);
  if (KeyRecord* const active = Find(after, KeyState::kActive)) {
    End(*active, KeyState::kRetired, now);
  }
  return Completed(std::move(after), now, make);
}

absl::StatusOr<KeySetRecord> Revoked(const KeySetRecord& set, std::string_view kid, Time now,
                                     const MakeKey& make) {
  const KeyRecord* const key = FindKey(set, kid);
  if (key == nullptr) return errors::Make(reasons::NOT_FOUND, "there is no key with this kid");
  if (key->state == KeyState::kRevoked) return set;
  KeySetRecord after = Successor(set);
  for (KeyRecord& each : after.keys) {
    if (each.kid == kid) End(each, KeyState::kRevoked, now);
  }
  return Completed(std::move(after), now, make);
}

absl::StatusOr<KeySetRecord> AllRevoked(const KeySetRecord& set, Time now, const MakeKey& make) {
  KeySetRecord after = Successor(set);
  for (KeyRecord& key : after.keys) {
    if (key.state != KeyState::kRevoked) End(key, KeyState::kRevoked, now);
  }
  return Completed(std::move(after), now, make);
}

KeySetRecord Without(const KeySetRecord& set, const std::vector<std::string>& kids) {
  KeySetRecord after = Successor(set);
  std::erase_if(after.keys, [&kids](const KeyRecord& key) {
    return std::find(kids.begin(), kids.end(), key.kid) != kids.end();
  });
  return after;
}

absl::StatusOr<KeySetRecord> Merged(const KeySetRecord& base, const KeySetRecord& other,
                                    bool adopt_unknown, Time now, const MakeKey& make) {
  KeySetRecord after{std::max(base.version, other.version) + 1, {}};
  for (const KeyRecord& key : base.keys) {
    const KeyRecord* const same = FindKey(other, key.kid);
    after.keys.push_back(same == nullptr ? key : FurtherAlong(key, *same));
  }
  for (const KeyRecord& key : other.keys) {
    if (adopt_unknown && FindKey(base, key.kid) == nullptr) after.keys.push_back(key);
  }
  // Of two active keys the base's goes on signing; the other has signed, so it retires. Of two next
  // ones (neither has signed) the base's stays.
  bool active = false;
  bool next = false;
  std::vector<KeyRecord> kept;
  for (KeyRecord& key : after.keys) {
    if (key.state == KeyState::kActive && std::exchange(active, true)) {
      End(key, KeyState::kRetired, now);
    }
    if (key.state == KeyState::kNext && std::exchange(next, true)) continue;
    kept.push_back(std::move(key));
  }
  after.keys = std::move(kept);
  return Completed(std::move(after), now, make);
}

bool BringsBack(const KeySetRecord& newer, const KeySetRecord& older) {
  return std::any_of(older.keys.begin(), older.keys.end(), [&newer](const KeyRecord& key) {
    const KeyRecord* const now = FindKey(newer, key.kid);
    return key.state == KeyState::kRevoked && now != nullptr && now->state != KeyState::kRevoked;
  });
}

}  // namespace tokenforge::keys
