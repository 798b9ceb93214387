#include "lib/errors/facts.h"

#include <optional>

#include "absl/strings/cord.h"
#include "lib/errors/errors.h"
#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::errors {
namespace {

const absl::string_view kUrl{kErrorInfoUrl.data(), kErrorInfoUrl.size()};

std::optional<v1::ErrorInfo> InfoOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kUrl);
  v1::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload)) || info.domain() != kDomain) {
    return std::nullopt;
  }
  return info;
}

}  // namespace

absl::Status WithFacts(const absl::Status& status, const Facts& facts) {
  auto info = InfoOf(status);
  if (!info) return status;
  info->clear_metadata();
  info->mutable_metadata()->insert(facts.begin(), facts.end());
  absl::Status with = status;
  with.SetPayload(kUrl, absl::Cord(info->SerializeAsString()));
  return with;
}

Facts FactsOf(const absl::Status& status) {
  const auto info = InfoOf(status);
  if (!info) return {};
  return {info->metadata().begin(), info->metadata().end()};
}

}  // namespace tokenforge::errors
