#include "lib/errors/limit.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <charconv>

#include "absl/strings/cord.h"
#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::errors {
namespace {

const absl::string_view kUrl{kErrorInfoUrl.data(), kErrorInfoUrl.size()};

std::optional<v1::ErrorInfo> InfoOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kUrl);
  v1::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return std::nullopt;
  return info;
}

// Only digits: the text may come from another process and end in a header.
std::optional<std::int64_t> NumberIn(const v1::ErrorInfo& info, const char* name) {
  const auto found = info.metadata().find(name);
  if (found == info.metadata().end()) return std::nullopt;
  const std::string& text = found->second;
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// A map's fields in one order: two refusals that say the same are the same bytes.
std::string Serialized(const v1::ErrorInfo& info) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  info.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

absl::Status MakeLimited(Reason reason, std::string_view message, const Limit& limit,
                         std::chrono::milliseconds after) {
  absl::Status status = MakeRetryable(reason, message, after);
  v1::ErrorInfo info = *InfoOf(status);
  auto& metadata = *info.mutable_metadata();
  metadata["policy"] = limit.policy;
  metadata["limit"] = std::to_string(limit.limit);
  metadata["remaining"] = std::to_string(limit.remaining);
  metadata["reset_seconds"] = std::to_string(limit.reset.count());
  status.SetPayload(kUrl, absl::Cord(Serialized(info)));
  return status;
}

std::optional<Limit> LimitOf(const absl::Status& status) {
  const auto info = InfoOf(status);
  if (!info || info->domain() != kDomain) return std::nullopt;
  const auto policy = info->metadata().find("policy");
  const auto limit = NumberIn(*info, "limit");
  const auto remaining = NumberIn(*info, "remaining");
  const auto reset = NumberIn(*info, "reset_seconds");
  if (policy == info->metadata().end() || !limit || !remaining || !reset) return std::nullopt;
  return Limit{policy->second, *limit, *remaining, std::chrono::seconds(*reset)};
}

}  // namespace tokenforge::errors
