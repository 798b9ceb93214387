#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace tokenforge::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int kMutationsPerEntry = 400;

const fs::path kArea = TOKENFORGE_FUZZ_AREA;  // the folder of the test

std::vector<std::string> ReadCorpus(const std::string& name) {
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(kArea / "corpus" / name)) files.push_back(file);
  std::sort(files.begin(), files.end());  // the order of a folder differs between machines
  std::vector<std::string> entries;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    entries.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return entries;
}

std::string Unescaped(std::string_view text) {
  std::string word;
  while (!text.empty()) {
    if (text.size() >= 4 && text.starts_with("\\x")) {
      word += static_cast<char>(std::stoi(std::string(text.substr(2, 2)), nullptr, 16));
      text.remove_prefix(4);
      continue;
    }
    if (text.size() >= 2 && text.front() == '\\') text.remove_prefix(1);
    word += text.front();
    text.remove_prefix(1);
  }
  return word;
}

std::vector<std::string> ReadWords() {
  std::vector<std::string> words;
  std::ifstream in(kArea / "words");
  for (std::string line; std::getline(in, line);) {
    if (line.size() > 2 && line.front() == '"' && line.back() == '"') {
      words.push_back(Unescaped(std::string_view(line).substr(1, line.size() - 2)));
    }
  }
  return words;
}

// One to three of: change a byte, drop a piece, repeat a piece, put in a word.
std::string Mutate(std::string text, const std::vector<std::string>& words, std::mt19937& random) {
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
        text.insert(at, words[below(words.size())]);
    }
  }
  return text;
}

}  // namespace

int RunCorpus(const std::string& name, Check check, const std::vector<std::string>& more) {
  std::vector<std::string> entries = ReadCorpus(name);
  const std::vector<std::string> words = ReadWords();
  EXPECT_GE(entries.size(), 10u);
  EXPECT_GE(words.size(), 5u);
  entries.insert(entries.end(), more.begin(), more.end());
  int accepted = 0;
  std::mt19937 random(20260101);
  for (const std::string& entry : entries) {
    accepted += check(entry) ? 1 : 0;
    for (int i = 0; i < kMutationsPerEntry; ++i) {
      const std::string mutated = Mutate(entry, words, random);
      // A copy of exactly this size: AddressSanitizer sees a read behind the end.
      const std::vector<char> exact(mutated.begin(), mutated.end());
      check({exact.data(), exact.size()});
    }
  }
  return accepted;
}

}  // namespace tokenforge::fuzz
