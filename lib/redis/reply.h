// Reply: what Redis answered, as a value of our own, so that no hiredis type leaves lib/redis.
//
// Why typed accessors: a reply of another shape than the caller expects is a damaged store or a
// bug, and must come out as an error (INTERNAL_FAULT), never as a zero or an empty string. A plain
// value: movable, not shared; views that it hands out live as long as it does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace tokenforge::redis {

class Reply {
 public:
  // kError occurs only inside an array; as a whole answer an error is a Status.
  enum class Kind { kNil, kInteger, kString, kStatus, kArray, kError };

  Reply() = default;  // nil
  static Reply Integer(int64_t value) { return Reply(Kind::kInteger, value); }
  static Reply String(std::string bytes) { return Reply(Kind::kString, std::move(bytes)); }
  static Reply Status(std::string word) { return Reply(Kind::kStatus, std::move(word)); }
  static Reply Array(std::vector<Reply> items) { return Reply(Kind::kArray, std::move(items)); }
  static Reply Error() { return Reply(Kind::kError, std::monostate()); }

  Kind kind() const { return kind_; }
  bool IsNil() const { return kind_ == Kind::kNil; }

  // The value, or INTERNAL_FAULT when the reply is of another kind. AsBytes takes bulk strings and
  // simple status words ("OK") alike; bytes are as they came, NUL included.
  absl::StatusOr<int64_t> AsInteger() const;
  absl::StatusOr<std::string_view> AsBytes() const;
  absl::StatusOr<std::span<const Reply>> AsArray() const;
  // An array of exactly this many items.
  absl::StatusOr<std::span<const Reply>> AsArrayOf(size_t size) const;

 private:
  using Value = std::variant<std::monostate, int64_t, std::string, std::vector<Reply>>;
  Reply(Kind kind, Value value) : kind_(kind), value_(std::move(value)) {}

  Kind kind_ = Kind::kNil;
  Value value_;
};

}  // namespace tokenforge::redis
