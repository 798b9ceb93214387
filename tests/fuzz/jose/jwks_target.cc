#include <cstdlib>
#include <string>

#include "lib/jose/jwk_set.h"
#include "tests/fuzz/jose/targets.h"

namespace tokenforge::fuzz {

bool CheckKeySet(std::string_view text) {
  const auto set = jose::JwkSet::Parse(text);
  if (!set.ok()) return false;
  const std::string json = set->ToJson();
  const auto again = jose::JwkSet::Parse(json);
  if (!again.ok() || !again->ignored().empty() || again->ToJson() != json) std::abort();
  for (const jose::PublicKey& key : set->keys()) {
    if (again->Find(key.kid()) == nullptr || !(*again->Find(key.kid()) == key)) std::abort();
    if (key.Verify("text", "signature")) std::abort();
  }
  return true;
}

}  // namespace tokenforge::fuzz
