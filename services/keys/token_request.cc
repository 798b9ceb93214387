#include "services/keys/token_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/rpc/spiffe.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::keys {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr size_t kMaxSubject = 2048;
constexpr size_t kMaxScope = 2048;
constexpr size_t kMaxEmail = 320;
// A façade's clock may run ahead of ours by this much.
constexpr seconds kSkew{30};

class Checker {
 public:
  void Fault(const std::string& field, std::string description) {
    faults_.push_back({"claims." + field, std::move(description)});
  }
  void TopFault(std::string field, std::string description) {
    faults_.push_back({std::move(field), std::move(description)});
  }

  void Text(const std::string& field, const std::string& text, size_t min, size_t max) {
    if (text.size() < min) {
      Fault(field, "is missing");
    } else if (text.size() > max) {
      Fault(field, "is longer than " + std::to_string(max) + " bytes");
    } else if (std::any_of(text.begin(), text.end(),
                           [](unsigned char c) { return c < 0x20 || c == 0x7F; })) {
      Fault(field, "holds a control character");
    }
  }

  template <class List>
  void Texts(const std::string& field, const List& list, int min, int max, size_t max_item) {
    if (list.size() < min) Fault(field, "needs at least " + std::to_string(min));
    if (list.size() > max) {
      Fault(field, "has more than " + std::to_string(max));
      return;
    }
    for (int i = 0; i < list.size(); ++i) {
      Text(field + "[" + std::to_string(i) + "]", list[i], 1, max_item);
      if (std::find(list.begin(), list.begin() + i, list[i]) != list.begin() + i) {
        Fault(field + "[" + std::to_string(i) + "]", "is there twice");
      }
    }
  }

  absl::Status Result() const { return errors::InvalidFields(faults_); }

 private:
  std::vector<errors::FieldFault> faults_;
};

bool IsScopeChar(unsigned char c) { return c >= 0x21 && c <= 0x7E && c != '"' && c != '\\'; }

// Names of RFC 6749's characters, one blank between them.
bool IsScope(const std::string& scope) {
  bool in_name = false;
  for (const char c : scope) {
    const bool name = IsScopeChar(static_cast<unsigned char>(c));
    if (!name && !(c == ' ' && in_name)) return false;
    in_name = name;
  }
  return in_name || scope.empty();
}

void CheckClaims(const v1::AccessTokenClaims& claims, sys_seconds now, Checker& check) {
  check.Text("sub", claims.sub(), 1, kMaxSubject);
  if (!claims.sid().empty() && !uuid::IsCanonical(claims.sid())) {
    check.Fault("sid", "is no lower-case UUID");
  }
  check.Texts("aud", claims.aud(), 1, 16, 256);
  if (!rpc::SpiffeId::Parse(claims.client_id()).ok()) {
    check.Fault("client_id", "is no SPIFFE ID");
  }
  check.Texts("roles", claims.roles(), 0, 64, 64);
  if (claims.scope().size() > kMaxScope || !IsScope(claims.scope())) {
    check.Fault("scope", "must be names with one blank between them, at most 2048 bytes");
  }
  check.Text("email", claims.email(), 0, kMaxEmail);
  check.Texts("amr", claims.amr(), 0, 8, 32);
  if (!claims.has_auth_time()) return;
  const auto& time = claims.auth_time();
  if (time.seconds() < 0 || time.nanos() < 0 || time.nanos() >= 1'000'000'000 ||
      time.seconds() > (now + kSkew).time_since_epoch().count()) {
    check.Fault("auth_time", "is not a time in the past");
  }
}

// Whole seconds: `exp` is one, and must not be later than what was asked for.
seconds TtlOf(const v1::SignTokenRequest& request, const TokenPolicy& policy, Checker& check) {
  if (!request.has_ttl()) return policy.access_ttl;
  const auto& ttl = request.ttl();
  if (ttl.nanos() < 0 || ttl.nanos() >= 1'000'000'000 || ttl.seconds() < 1 ||
      ttl.seconds() > policy.access_ttl.count() ||
      (ttl.seconds() == policy.access_ttl.count() && ttl.nanos() > 0)) {
    check.TopFault("ttl", "must be 1 s to " + std::to_string(policy.access_ttl.count()) + " s");
    return policy.access_ttl;
  }
  return seconds(ttl.seconds());
}

template <class List>
std::vector<std::string> Copy(const List& list) {
  return {list.begin(), list.end()};
}

}  // namespace

absl::StatusOr<jose::AccessTokenClaims> ClaimsOf(const v1::SignTokenRequest& request,
                                                 const TokenPolicy& policy, clock::WallTime now,
                                                 std::string token_id) {
  Checker check;
  const sys_seconds issued = std::chrono::floor<seconds>(now);
  const v1::AccessTokenClaims& from = request.claims();
  if (request.has_claims()) {
    CheckClaims(from, issued, check);
  } else {
    check.TopFault("claims", "is missing");
  }
  const seconds ttl = TtlOf(request, policy, check);
  if (absl::Status faults = check.Result(); !faults.ok()) return faults;

  jose::AccessTokenClaims claims;
  claims.issuer = policy.issuer;
  claims.subject = from.sub();
  claims.audiences = Copy(from.aud());
  claims.issue_time = issued;
  claims.not_before = issued;
  claims.expire_time = issued + ttl;
  claims.token_id = std::move(token_id);
  claims.session_id = from.sid();
  claims.client_id = from.client_id();
  claims.roles = Copy(from.roles());
  claims.scope = from.scope();
  claims.email = from.email();
  if (from.has_auth_time()) claims.auth_time = sys_seconds(seconds(from.auth_time().seconds()));
  claims.amr = Copy(from.amr());
  return claims;
}

}  // namespace tokenforge::keys
