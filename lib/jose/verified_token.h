// An access token whose signature, key, type, issuer, audience and times were checked. The type is
// the proof: only the Verifier can make one, so a function that takes one needs no check and no
// flag to forget.
//
// Movable, not copyable: it owns the text that its views point into. Immutable, so threads may
// share one. Absent claims are empty views, empty lists or no value.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "lib/jose/claims.h"

namespace tokenforge::jose {

class VerifiedToken {
 public:
  using Names = std::span<const std::string_view>;
  using Time = std::chrono::sys_seconds;

  VerifiedToken(VerifiedToken&&) noexcept = default;
  VerifiedToken& operator=(VerifiedToken&&) noexcept = default;

  std::string_view issuer() const { return claims_.issuer; }
  std::string_view subject() const { return claims_.subject; }  // never empty
  Names audiences() const { return claims_.Items(claims_.audiences); }
  Time expire_time() const { return *claims_.expire_time; }
  // The epoch when absent: such a token counts as issued before whatever revokes by time of issue.
  Time issue_time() const { return claims_.issue_time.value_or(Time()); }
  std::optional<Time> not_before() const { return claims_.not_before; }
  std::string_view token_id() const { return claims_.token_id; }  // jti
  std::string_view session_id() const {
    return claims_.session_id;
  }  // sid; empty in service tokens
  std::string_view client_id() const { return claims_.client_id; }
  Names roles() const { return claims_.Items(claims_.roles); }
  std::string_view scope() const { return claims_.scope; }  // as it came; split in scopes()
  Names scopes() const { return claims_.Items(claims_.scopes); }
  std::string_view email() const { return claims_.email; }
  std::optional<Time> auth_time() const { return claims_.auth_time; }
  Names amr() const { return claims_.Items(claims_.amr); }
  // The key that signed it.
  std::string_view kid() const { return kid_; }

  bool HasRole(std::string_view role) const { return Holds(roles(), role); }
  bool HasScope(std::string_view scope) const { return Holds(scopes(), scope); }

  // About how much memory it takes, for caches with a bound.
  std::size_t memory_bytes() const {
    return sizeof(*this) + text_bytes_ + claims_.items.capacity() * sizeof(std::string_view);
  }

 private:
  friend class Verifier;
  VerifiedToken(std::unique_ptr<char[]> text, std::size_t text_bytes, Claims claims,
                std::string_view kid)
      : text_(std::move(text)), text_bytes_(text_bytes), claims_(std::move(claims)), kid_(kid) {}

  static bool Holds(Names names, std::string_view name) {
    for (const std::string_view held : names) {
      if (held == name) return true;
    }
    return false;
  }

  std::unique_ptr<char[]> text_;
  std::size_t text_bytes_;
  Claims claims_;         // views into text_
  std::string_view kid_;  // into text_ too
};

}  // namespace tokenforge::jose
