// Fuzz targets of services/auth/status: see corpus.h.
#pragma once

#include <string_view>

namespace tokenforge::fuzz {

inline constexpr char kStatusToken[] = "q8Zt2mYw0VbL5rXc9sKe7uGh3dJf6nPa";

// A text of the status page: nothing of it can end an element or an attribute, what comes out is
// UTF-8 that may be shown, and escaping it once more hides nothing. Accepted: what is shown as it
// is.
bool CheckText(std::string_view bytes);

// A header `Authorization`: whoever is let in has sent the token, whole. Accepted: who is let in.
bool CheckProof(std::string_view bytes);

}  // namespace tokenforge::fuzz
