// Command and Script: what is sent to Redis, encoded once, on the caller's thread.
//
// Why encoded early: the event loop is one thread; formatting belongs to the many. Arguments are
// length-prefixed (RESP), so any byte is safe in any of them and nothing can be injected. An
// argument never becomes part of a Lua source: scripts are constants, inputs go through KEYS and
// ARGV. Values; movable across threads. A Script may be shared by all threads and copied cheaply.
//
// Where it goes: a command knows the slot of the key that it is routed by, on a cluster the only
// thing that decides which server is asked. All keys of a script are declared in KEYS and share a
// slot (by a hash tag); one whose keys do not is refused with INTERNAL_FAULT on every kind of
// server, so that no such script is first noticed on a cluster.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tokenforge::redis {

// A Lua script with its SHA-1, under which the server caches it.
//
// It MUST be idempotent: a call that timed out may have run, and will be tried again — by callers,
// and by the client itself when a cluster's node is lost. One that is not says so (kNever): then a
// call that may have run ends with DEPENDENCY_DOWN, and its callers do not repeat it either. It
// takes the time as an argument; the server's own may only be a second opinion.
class Script {
 public:
  enum class Repeats { kFreely, kNever };

  // `name` labels metrics and errors: a short constant such as "rotate".
  Script(std::string_view name, std::string_view source, Repeats repeats = Repeats::kFreely);

  const std::string& name() const { return body_->name; }
  const std::string& source() const { return body_->source; }
  const std::string& sha1() const { return body_->sha1; }  // 40 lower-case hexadecimal digits

 private:
  friend class Command;
  struct Body {
    std::string name, source, sha1;
    Repeats repeats;
  };
  std::shared_ptr<const Body> body_;
};

class Command {
 public:
  // The command's name is the first argument, and its label in metrics and errors. Not for commands
  // that change what the connection is (SUBSCRIBE, MONITOR, MULTI, blocking ones): it is shared.
  Command(std::initializer_list<std::string_view> arguments);
  explicit Command(std::span<const std::string_view> arguments);
  // A call of a script: EVALSHA, and EVAL if the server does not know it (after a restart).
  Command(const Script& script, std::span<const std::string> keys,
          std::span<const std::string> arguments);

  const std::string& wire() const { return wire_; }  // RESP bytes
  const std::string& label() const { return label_; }
  // An EVALSHA that can be turned into the EVAL of the same call.
  bool has_source() const { return script_ != nullptr; }
  // Turns an EVALSHA into the EVAL of the same call; only if it has a source.
  void UseSource();

  // The slot of its key (key_slot.h); none if any server may answer it.
  std::optional<int> slot() const { return slot_; }
  // Sends it to whoever serves this slot.
  void RouteTo(int slot) { slot_ = slot; }
  // Whether it may be sent again after it may have run: scripts unless they say otherwise, and
  // plain commands that only read.
  bool may_repeat() const { return may_repeat_; }
  // Whether it may change anything: every script, and plain commands that do not only read.
  bool may_write() const { return may_write_; }
  // Whether its keys lie in different slots: it cannot be run.
  bool spans_slots() const { return spans_slots_; }

 private:
  std::string wire_;
  std::string label_;
  std::shared_ptr<const Script::Body> script_;
  size_t tail_ = 0;  // where, in an EVALSHA, the number of keys begins
  size_t count_ = 0;
  std::optional<int> slot_;
  bool may_repeat_ = false;
  bool may_write_ = true;
  bool spans_slots_ = false;
};

}  // namespace tokenforge::redis
