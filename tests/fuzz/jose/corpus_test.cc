// The corpora as plain tests, and a fixed number of mutations of each entry: always the same ones,
// so a failure repeats.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/jose/targets.h"
#include "tests/vectors/jose/foreign_tokens.h"

namespace tokenforge::fuzz {
namespace {

constexpr int kMutationsPerEntry = 400;

std::vector<std::string> Corpus(const char* name) {
  std::vector<std::string> entries;
  for (const auto& file :
       std::filesystem::directory_iterator(std::filesystem::path(TOKENFORGE_CORPUS) / name)) {
    std::ifstream in(file.path(), std::ios::binary);
    entries.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return entries;
}

// One to three of: change a byte, drop a piece, repeat a piece, put in something that parsers like.
std::string Mutate(std::string text, std::mt19937& random) {
  static const std::string kSpices[] = {
      ".",     "..",      "=",       "\"",       "\\",
      "{",     "}",       "[",       "]",        ",",
      ":",     "\\u0000", "\\ud800", "\xff",     std::string(1, '\0'),
      "1e999", "-",       "null",    "\"kid\":", "{\"a\":",
      " ",     "_",       "A"};
  const auto below = [&random](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (std::size_t n = 1 + below(3); n > 0; --n) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1 + below(20));
        break;
      case 2:
        text.insert(at, text.substr(below(text.size()), below(200)));
        break;
      default:
        text.insert(at, kSpices[below(std::size(kSpices))]);
    }
  }
  return text;
}

void RunOver(const std::vector<std::string>& entries,
             const std::function<void(std::string_view)>& target) {
  ASSERT_GE(entries.size(), 10u);
  std::mt19937 random(20260101);
  for (const std::string& entry : entries) {
    target(entry);
    for (int i = 0; i < kMutationsPerEntry; ++i) {
      const std::string mutated = Mutate(entry, random);
      // A copy of exactly this size: AddressSanitizer sees a read behind the end.
      const std::vector<char> exact(mutated.begin(), mutated.end());
      target({exact.data(), exact.size()});
    }
  }
}

TEST(JoseFuzzTest, NoMutatedTokenIsAccepted) {
  std::vector<std::string> entries = Corpus("token");
  for (const auto& foreign : vectors::kForeignTokens) entries.emplace_back(foreign.token);
  RunOver(entries, CheckToken);
}

TEST(JoseFuzzTest, EveryKeySetReadsBackAsItself) {
  std::vector<std::string> entries = Corpus("jwks");
  for (const auto& foreign : vectors::kForeignTokens)
    entries.push_back("{\"keys\":[" + std::string(foreign.jwk) + "]}");
  RunOver(entries, CheckKeySet);
}

}  // namespace
}  // namespace tokenforge::fuzz
