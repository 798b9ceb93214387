// One JWK of a parsed JSON document, for this folder's .cc files.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/json.h"
#include "lib/jose/public_key.h"
// After json.h, which decides the namespace.
#include <rapidjson/document.h>

namespace tokenforge::jose {

// A JSON document, and the text that its strings lie in. Movable.
struct JsonDocument {
  std::unique_ptr<char[]> text;
  rapidjson::Document root;
};

// Parses a whole JSON document of at most `limit` bytes. INVALID_ARGUMENT when it is over the
// limit, not UTF-8 or not JSON.
absl::StatusOr<JsonDocument> ParseDocument(std::string_view json, std::size_t limit);

// The key of a JWK object (see PublicKey::FromJwk for what is refused). Messages hold nothing of
// the input.
absl::StatusOr<PublicKey> ReadJwk(const rapidjson::Value& jwk);

// Whether an object names a member twice, at its own level.
bool HasDuplicates(const rapidjson::Value& object);

}  // namespace tokenforge::jose
