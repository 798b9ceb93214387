#include "lib/jose/claims.h"

#include <cmath>

#include "lib/jose/json.h"

namespace tokenforge::jose {
namespace {

// 9999-12-31T23:59:59Z, the last instant of google.protobuf.Timestamp. Also what keeps the
// conversion from double defined.
constexpr double kLastSecond = 253402300799.0;

enum class Kind { kUnknown, kText, kList, kTextOrList, kTime };

struct Known {
  std::string_view name;
  Kind kind;
  std::string_view Claims::* text = nullptr;
  ItemRange Claims::* list = nullptr;
  std::optional<std::chrono::sys_seconds> Claims::* time = nullptr;
  bool round_up = false;
};

constexpr Known kUnknown{"", Kind::kUnknown};
constexpr Known kKnown[] = {
    {"iss", Kind::kText, &Claims::issuer},
    {"sub", Kind::kText, &Claims::subject},
    {"aud", Kind::kTextOrList, nullptr, &Claims::audiences},
    {"exp", Kind::kTime, nullptr, nullptr, &Claims::expire_time, true},
    {"iat", Kind::kTime, nullptr, nullptr, &Claims::issue_time},
    {"nbf", Kind::kTime, nullptr, nullptr, &Claims::not_before, true},
    {"jti", Kind::kText, &Claims::token_id},
    {"sid", Kind::kText, &Claims::session_id},
    {"client_id", Kind::kText, &Claims::client_id},
    {"roles", Kind::kList, nullptr, &Claims::roles},
    {"scope", Kind::kText, &Claims::scope},
    {"email", Kind::kText, &Claims::email},
    {"auth_time", Kind::kTime, nullptr, nullptr, &Claims::auth_time},
    {"amr", Kind::kList, nullptr, &Claims::amr},
};

const Known& Find(std::string_view name) {
  for (const Known& known : kKnown) {
    // Most differ here already: `iss` and `sub` are told apart without a call.
    if (known.name.size() != name.size() || known.name[1] != name[1]) continue;
    if (known.name == name) return known;
  }
  return kUnknown;
}

class ClaimsSink {
 public:
  explicit ClaimsSink(Claims& claims) : claims_(claims) {}

  bool Member(std::string_view name) {
    known_ = &Find(name);
    in_array_ = false;
    if (known_->list != nullptr) {
      (claims_.*known_->list).first = static_cast<std::uint32_t>(claims_.items.size());
    }
    return true;
  }

  bool Text(std::string_view value) {
    switch (known_->kind) {
      case Kind::kUnknown:
        return true;
      case Kind::kText:
        claims_.*known_->text = value;
        return true;
      case Kind::kList:
        return in_array_ && Add(value);
      case Kind::kTextOrList:
        return Add(value);
      case Kind::kTime:
        return false;
    }
    return false;
  }

  bool Number(double value) {
    if (known_->kind != Kind::kTime) return known_->kind == Kind::kUnknown;
    if (!(value >= 0 && value <= kLastSecond)) return false;
    const double whole = known_->round_up ? std::ceil(value) : std::floor(value);
    claims_.*known_->time =
        std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(whole)));
    return true;
  }

  bool Array() {
    in_array_ = true;
    return known_->kind == Kind::kUnknown || known_->list != nullptr;
  }

  bool Other() { return known_->kind == Kind::kUnknown; }

 private:
  bool Add(std::string_view value) {
    claims_.items.push_back(value);
    ++(claims_.*known_->list).count;
    return true;
  }

  Claims& claims_;
  const Known* known_ = &kUnknown;
  bool in_array_ = false;
};

// RFC 6749, section 3.3: names with one space between them.
bool SplitScope(Claims& claims) {
  claims.scopes.first = static_cast<std::uint32_t>(claims.items.size());
  std::string_view rest = claims.scope;
  while (!rest.empty()) {
    const std::size_t space = rest.find(' ');
    if (space == 0 || space == rest.size() - 1) return false;
    claims.items.push_back(rest.substr(0, space));
    ++claims.scopes.count;
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  }
  return true;
}

}  // namespace

bool ParseClaims(char* text, std::size_t size, Claims& claims) {
  claims.items.reserve(8);
  ClaimsSink sink(claims);
  return json::ParseObject(text, size, sink) && SplitScope(claims) && !claims.subject.empty() &&
         claims.expire_time.has_value();
}

}  // namespace tokenforge::jose
