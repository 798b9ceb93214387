#include "interceptors/bearer.h"

#include <grpcpp/support/string_ref.h>

#include "interceptors/refusal.h"

namespace tokenforge::internal {
namespace {

constexpr std::string_view kScheme = "bearer";

bool HasBearerScheme(std::string_view value) {
  if (value.size() <= kScheme.size() || value[kScheme.size()] != ' ') return false;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = value[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != kScheme[i]) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string_view> BearerToken(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  const auto [first, last] = metadata.equal_range("authorization");
  // Two values leave open which one was checked and which one is used further on.
  if (first == last || std::next(first) != last) return Refusal(errors::reasons::TOKEN_MISSING);
  std::string_view value(first->second.data(), first->second.size());
  if (value.size() > kScheme.size() + 1 + kMaxTokenBytes) {
    return Refusal(errors::reasons::TOKEN_MALFORMED);
  }
  if (!HasBearerScheme(value)) return Refusal(errors::reasons::TOKEN_MISSING);
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (value.empty()) return Refusal(errors::reasons::TOKEN_MISSING);
  if (value.size() > kMaxTokenBytes) return Refusal(errors::reasons::TOKEN_MALFORMED);
  return value;
}

}  // namespace tokenforge::internal
