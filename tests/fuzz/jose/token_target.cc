#include <cstdlib>
#include <string>
#include <variant>

#include "lib/jose/jwk_set.h"
#include "lib/jose/verifier.h"
#include "tests/fuzz/jose/targets.h"
#include "tests/vectors/jose/foreign_tokens.h"

namespace tokenforge::fuzz {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};

jose::JwkSet Keys() {
  std::string json;
  for (const auto& foreign : vectors::kForeignTokens)
    json += (json.empty() ? "" : ",") + std::string(foreign.jwk);
  return jose::JwkSet::Parse("{\"keys\":[" + json + "]}").value();
}

}  // namespace

bool CheckToken(std::string_view text) {
  static const jose::JwkSet keys = Keys();
  static const jose::Verifier verifier(
      jose::ValidationPolicy::Create(
          {.issuer = "https://issuer.example", .audiences = {"tokenforge"}})
          .value());
  const auto checked = verifier.Check(text, keys, kNow);
  if (!std::holds_alternative<jose::VerifiedToken>(checked)) return false;
  for (const auto& foreign : vectors::kForeignTokens) {
    if (text == foreign.token) return true;
  }
  std::abort();  // accepted something that nobody signed
}

}  // namespace tokenforge::fuzz
