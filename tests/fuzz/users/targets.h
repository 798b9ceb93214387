// Fuzz targets of services/users: see corpus.h.
#pragma once

#include <string_view>

namespace tokenforge::fuzz {

// Stored password hashes: what is accepted stays within the limits, has one spelling, and computing
// it when it is cheap never fails but where a library says so.
bool CheckStoredHash(std::string_view bytes);

}  // namespace tokenforge::fuzz
