// What each change makes of a key set: pure, from the record before to the record after.
//
// A record after has a higher version, exactly one active key, at most one next, no kid twice and
// at most kMostKeys keys. New keys come from `make`, which is asked only for as many as are needed;
// its error ends the change. Nothing here decides whether a change may happen: that is rotation.h,
// and the operator.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/keys/key_record.h"

namespace tokenforge::keys {

// As many as a verifier takes (jose::JwkSet::kKeysLimit).
inline constexpr std::size_t kMostKeys = 64;

// A key that was in no set before: kid, algorithm and private key are filled.
using MakeKey = std::function<absl::StatusOr<KeyRecord>()>;

// The key with this kid or in this state; null when there is none.
const KeyRecord* FindKey(const KeySetRecord& set, std::string_view kid);
const KeyRecord* FindKey(const KeySetRecord& set, KeyState state);

// The very first set: an active and a next key. Its version is the time in milliseconds, so that
// versions also grow when a store was emptied while no replica ran: guards' acknowledgements and
// watchers' versions of the life before then say nothing about the keys of this one.
absl::StatusOr<KeySetRecord> FirstSet(Time now, const MakeKey& make);

// Publishes a new next key. One that was there goes: it never signed.
absl::StatusOr<KeySetRecord> WithNewNext(const KeySetRecord& set, Time now, const MakeKey& make);

// next → active, active → retired, and a new next. OVERLOADED when so many keys are still trusted
// that there is no room.
absl::StatusOr<KeySetRecord> Rotated(const KeySetRecord& set, Time now, const MakeKey& make);

// Revokes one key: next takes the active one's place, and a new next is made when next is used up.
// NOT_FOUND: no such key. A revoked key gives the set as it is, with the same version.
absl::StatusOr<KeySetRecord> Revoked(const KeySetRecord& set, std::string_view kid, Time now,
                                     const MakeKey& make);

// Revokes every key and makes a new active and a new next one.
absl::StatusOr<KeySetRecord> AllRevoked(const KeySetRecord& set, Time now, const MakeKey& make);

// Forgets these keys. They are retired or revoked ones.
KeySetRecord Without(const KeySetRecord& set, const std::vector<std::string>& kids);

// One set out of two that a store that lost its last writes left: what is revoked in either is
// revoked, a key is as far along as it is in either, `base` says which keys are active and next.
// `adopt_unknown`: keys that only `other` has are trusted too (never from an older value: it could
// be somebody's replay, and bring back what is gone).
absl::StatusOr<KeySetRecord> Merged(const KeySetRecord& base, const KeySetRecord& other,
                                    bool adopt_unknown, Time now, const MakeKey& make);

// Whether `newer` trusts a key that is revoked in `older`: then it does not descend from it.
bool BringsBack(const KeySetRecord& newer, const KeySetRecord& older);

}  // namespace tokenforge::keys
