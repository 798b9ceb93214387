// libFuzzer's way into a target: built once for each, which is named on the compiler's command
// line.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokenforge::fuzz {
bool TOKENFORGE_FUZZ_CHECK(std::string_view bytes);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  tokenforge::fuzz::TOKENFORGE_FUZZ_CHECK({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
