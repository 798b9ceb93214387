#include "lib/jose/signer.h"

#include <cstdint>
#include <string_view>

#include "lib/errors/errors.h"
#include "lib/jose/base64url.h"
#include "lib/jose/json_writer.h"
#include "lib/jose/policy.h"
#include "lib/jose/utf8.h"

namespace tokenforge::jose {
namespace {

using errors::FieldFault;
using std::chrono::sys_seconds;
using Faults = std::vector<FieldFault>;

constexpr sys_seconds kLastSecond{std::chrono::seconds(253402300799)};  // 9999-12-31T23:59:59Z

void CheckText(std::string_view name, std::string_view value, Faults& faults) {
  if (!IsPrintableText(value)) {
    faults.push_back({std::string(name), "must be UTF-8 without control characters"});
  }
}

void CheckRequired(std::string_view name, std::string_view value, Faults& faults) {
  if (value.empty()) faults.push_back({std::string(name), "is required"});
  CheckText(name, value, faults);
}

void CheckList(std::string_view name, const std::vector<std::string>& values, Faults& faults) {
  for (const std::string& value : values) {
    if (value.empty()) faults.push_back({std::string(name), "must not hold an empty string"});
    CheckText(name, value, faults);
  }
}

void CheckScope(std::string_view scope, Faults& faults) {
  CheckText("scope", scope, faults);
  if (scope.starts_with(' ') || scope.ends_with(' ') ||
      scope.find("  ") != std::string_view::npos) {
    faults.push_back({"scope", "must be names with one space between them"});
  }
}

void CheckTime(std::string_view name, sys_seconds time, Faults& faults) {
  if (time < sys_seconds() || time > kLastSecond) {
    faults.push_back({std::string(name), "must lie between 1970 and 9999"});
  }
}

Faults Check(const AccessTokenClaims& claims) {
  Faults faults;
  CheckRequired("iss", claims.issuer, faults);
  CheckRequired("sub", claims.subject, faults);
  if (claims.audiences.empty()) faults.push_back({"aud", "is required"});
  CheckList("aud", claims.audiences, faults);
  CheckRequired("jti", claims.token_id, faults);
  CheckRequired("client_id", claims.client_id, faults);
  CheckText("sid", claims.session_id, faults);
  CheckList("roles", claims.roles, faults);
  CheckScope(claims.scope, faults);
  CheckText("email", claims.email, faults);
  CheckList("amr", claims.amr, faults);
  CheckTime("iat", claims.issue_time, faults);
  CheckTime("nbf", claims.not_before, faults);
  CheckTime("exp", claims.expire_time, faults);
  if (claims.auth_time.has_value()) CheckTime("auth_time", *claims.auth_time, faults);
  if (claims.expire_time <= claims.issue_time || claims.expire_time <= claims.not_before) {
    faults.push_back({"exp", "must come after iat and nbf"});
  }
  return faults;
}

std::int64_t Seconds(sys_seconds time) { return time.time_since_epoch().count(); }

std::string Write(const AccessTokenClaims& claims) {
  JsonWriter writer;
  const auto put_unless_empty = [&writer](std::string_view name, std::string_view value) {
    if (!value.empty()) writer.Text(name, value);
  };
  writer.Text("iss", claims.issuer);
  writer.Text("sub", claims.subject);
  writer.List("aud", claims.audiences);
  writer.Number("exp", Seconds(claims.expire_time));
  writer.Number("iat", Seconds(claims.issue_time));
  writer.Number("nbf", Seconds(claims.not_before));
  writer.Text("jti", claims.token_id);
  put_unless_empty("sid", claims.session_id);
  writer.Text("client_id", claims.client_id);
  writer.List("roles", claims.roles);
  put_unless_empty("scope", claims.scope);
  put_unless_empty("email", claims.email);
  if (claims.auth_time.has_value()) writer.Number("auth_time", Seconds(*claims.auth_time));
  if (!claims.amr.empty()) writer.List("amr", claims.amr);
  return std::move(writer).Take();
}

}  // namespace

absl::StatusOr<std::string> Signer::SignAccessToken(const AccessTokenClaims& claims) const {
  if (absl::Status faults = errors::InvalidFields(Check(claims)); !faults.ok()) return faults;

  std::string token;
  token.reserve(2048);
  token = public_key().header_segment();
  token += '.';
  base64url::Append(Write(claims), token);
  const absl::StatusOr<std::string> signature = key_.Sign(token);
  if (!signature.ok()) return signature.status();
  token += '.';
  base64url::Append(*signature, token);
  if (token.size() > ValidationPolicy::kMostTokenBytes) {
    return errors::InvalidFields({{"claims", "are too large: the token would be over 8 KiB"}});
  }
  return token;
}

}  // namespace tokenforge::jose
