#include "lib/jose/public_members.h"

#include <utility>
#include <vector>

#include "lib/jose/base64url.h"
#include "lib/jose/json_writer.h"
#include "lib/secret/digest.h"

namespace tokenforge::jose {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

using Pairs = std::vector<std::pair<const char*, std::string>>;

// The required members in lexicographic order (RFC 7638, section 3.2; RFC 8037, appendix A.3).
Pairs RequiredMembers(const PublicMembers& members) {
  return std::visit(
      Overloaded{[](const RsaMembers& rsa) -> Pairs {
                   return {{"e", base64url::Encode(rsa.e)},
                           {"kty", "RSA"},
                           {"n", base64url::Encode(rsa.n)}};
                 },
                 [](const EcMembers& ec) -> Pairs {
                   return {{"crv", "P-256"},
                           {"kty", "EC"},
                           {"x", base64url::Encode(ec.x)},
                           {"y", base64url::Encode(ec.y)}};
                 },
                 [](const OkpMembers& okp) -> Pairs {
                   return {{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", base64url::Encode(okp.x)}};
                 }},
      members);
}

std::string ToJson(const Pairs& pairs) {
  JsonWriter writer;
  for (const auto& [name, value] : pairs) writer.Text(name, value);
  return std::move(writer).Take();
}

}  // namespace

Algorithm AlgorithmOf(const PublicMembers& members) {
  return std::visit(Overloaded{[](const RsaMembers&) { return Algorithm::kRs256; },
                               [](const EcMembers&) { return Algorithm::kEs256; },
                               [](const OkpMembers&) { return Algorithm::kEdDsa; }},
                    members);
}

std::string Thumbprint(const PublicMembers& members) {
  return base64url::Encode(secret::AsBytes(secret::Sha256(ToJson(RequiredMembers(members)))));
}

std::string ToJwk(const PublicMembers& members, std::string_view kid) {
  Pairs pairs = RequiredMembers(members);
  pairs.emplace_back("kid", kid);
  pairs.emplace_back("use", "sig");
  pairs.emplace_back("alg", Name(AlgorithmOf(members)));
  return ToJson(pairs);
}

}  // namespace tokenforge::jose
