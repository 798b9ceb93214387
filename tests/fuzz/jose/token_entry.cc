#include <cstddef>
#include <cstdint>

#include "tests/fuzz/jose/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  tokenforge::fuzz::CheckToken({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
