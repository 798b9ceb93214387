// A world in which signing keys live: replicas of the real keeper and cycle on one store, façades,
// guards and HTTP caches, with everything that can go wrong on the way. rotation_year_test.cc lives
// a year in it.
//
// What goes wrong: operations of the store that fail, that happen although they seem to fail, or
// that are the last thing a replica did; replicas that are killed and started again; a store that
// is away for days, for one replica for up to kCutOff, or loses its last write; wall clocks that
// are set by seconds to years, back and forth; guards that lag by up to kGuardLag; operators that
// rotate and revoke. Time, failures and orders come from one seed: a year can be lived through
// again.
//
// What must hold, at every moment, for every unexpired token of a key that was not revoked:
//  - a guard on the feed trusts the key, however old the set that it enforces;
//  - so does every set that was the store's at any time since the key was published, or less than
//    publish_for ago (replicas, façades, HTTP caches: max-age is 5 min), and, when the key was
//    published a day before it signed, less than a day ago (stale-if-error);
//  - no kid ever comes back.
// Waived: the first two for keys that an operator activated by force or by revoking the one before;
// the second for keys that an operator activated before they had been published for publish_for.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/keys/guard_report_store_memory.h"
#include "services/keys/key_cycle.h"
#include "services/keys/key_store_memory.h"
#include "tests/services/keys/some_keys.h"
#include "tests/services/keys/troubled_stores.h"

namespace tokenforge::keys {

class KeyWorld {
 public:
  static constexpr Span kCutOff = std::chrono::minutes(15);    // access TTL + leeway, rounded down
  static constexpr Span kGuardLag = std::chrono::minutes(40);  // less than acknowledge_within
  static constexpr Span kDay = std::chrono::days(1);

  explicit KeyWorld(std::uint64_t seed);
  ~KeyWorld();
  KeyWorld(const KeyWorld&) = delete;
  KeyWorld& operator=(const KeyWorld&) = delete;

  // Lives until then, or until a promise is broken: `failure` says which.
  void LiveUntil(Span then);

  std::string failure;
  std::map<std::string, long> counts;  // of what happened and was checked

 private:
  using Set = std::shared_ptr<const KeySet>;
  struct Replica;
  struct Facade {
    std::size_t replica = 0;
    Set set;
    Span as_of{0};  // when its set was last known to be the store's
  };
  struct Guard {
    std::size_t facade = 0;
    Set set;
    Span behind_since{0};
  };
  struct Key {
    Span published{0};
    Span activated{-1};
    Span live_until{-1};  // of its last token, with leeway
    bool by_operator = false;
    bool sudden = false;  // activated by force, or because another was revoked
    bool early = false;   // activated by an operator before it was published for publish_for
    bool revoked = false;
    bool gone = false;
  };

  std::uint64_t Roll(std::uint64_t sides) { return random_() % sides; }
  bool Chance(std::uint64_t one_in) { return Roll(one_in) == 0; }
  void Step();
  Span NextSpan();
  void EndTroubles();
  void BeginTroubles();
  void Operate();
  void LoseLastWrite();
  void TickAll();
  void Tick(Replica& replica);
  void Sign(Replica& replica);
  void Note(bool by_operator, bool sudden);
  void Feed(bool at_once);
  void Report();
  void Check();
  void CheckSet(const Set& set, Span as_of, bool on_feed, const char* who);
  bool Requires(const Key& key, Span as_of, bool on_feed) const;

  std::mt19937_64 random_;
  Span now_{0};
  OffClock true_clock_{&now_};
  const KeyEncryption keks_ = OneKek();
  const RotationSettings settings_{.algorithm = jose::Algorithm::kEdDsa};
  KeyStoreMemory store_;
  GuardReportStoreMemory reports_{true_clock_};
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<Facade> facades_;
  std::vector<Guard> guards_;
  std::map<Set, Span> caches_;  // what HTTP caches hold, and when it was last the store's
  std::map<std::string, Key> keys_;
  std::vector<std::pair<std::string, const Key*>> live_;  // with unexpired tokens, at a check
  std::uint64_t noted_version_ = 0;
  std::optional<StoredValue> before_last_;
  std::optional<StoredValue> last_;
  Span outage_until_{-1};
};

}  // namespace tokenforge::keys
