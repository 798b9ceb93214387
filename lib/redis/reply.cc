#include "lib/redis/reply.h"

#include "lib/errors/errors.h"

namespace tokenforge::redis {
namespace {

absl::Status Unexpected(std::string_view wanted) {
  return errors::Make(errors::reasons::INTERNAL_FAULT,
                      "Redis answered something other than " + std::string(wanted));
}

}  // namespace

absl::StatusOr<int64_t> Reply::AsInteger() const {
  if (kind_ != Kind::kInteger) return Unexpected("an integer");
  return std::get<int64_t>(value_);
}

absl::StatusOr<std::string_view> Reply::AsBytes() const {
  if (kind_ != Kind::kString && kind_ != Kind::kStatus) return Unexpected("a string");
  return std::string_view(std::get<std::string>(value_));
}

absl::StatusOr<std::span<const Reply>> Reply::AsArray() const {
  if (kind_ != Kind::kArray) return Unexpected("an array");
  return std::span<const Reply>(std::get<std::vector<Reply>>(value_));
}

absl::StatusOr<std::span<const Reply>> Reply::AsArrayOf(size_t size) const {
  absl::StatusOr<std::span<const Reply>> items = AsArray();
  if (items.ok() && items->size() != size) {
    return Unexpected("an array of " + std::to_string(size));
  }
  return items;
}

}  // namespace tokenforge::redis
