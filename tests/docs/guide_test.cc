// Guides are true: their code is an excerpt of files that are built; the policy file of
// docs/guard.md is one, and its table is what the command prints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/policy.h"

namespace tokenforge::docs {
namespace {

using ::testing::HasSubstr;

const std::string kSource = TOKENFORGE_SOURCE_DIR;

std::string Read(const std::string& path) {
  std::ifstream file(kSource + "/" + path);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A code block, and the remark on the line before it, if it has one.
struct Block {
  std::string remark, text;
};

std::vector<Block> BlocksOf(const std::string& page) {
  std::vector<Block> blocks;
  std::istringstream lines(page);
  bool inside = false;
  std::string before;
  for (std::string line; std::getline(lines, line); before = line) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({before.starts_with("<!-- ") ? before : "", ""});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

// What stands between "<!-- " + beginning and " -->"; nothing for other remarks.
std::string Remarked(const Block& block, const std::string& beginning) {
  const std::string start = "<!-- " + beginning;
  if (!block.remark.starts_with(start)) return {};
  return block.remark.substr(start.size(), block.remark.rfind(" -->") - start.size());
}

std::vector<Block> Guide() { return BlocksOf(Read("docs/guard.md")); }

// How many quotes a page has; each must be in the file that it names.
int QuotesOf(const std::string& page) {
  int quotes = 0;
  for (const Block& block : BlocksOf(Read(page))) {
    const std::string file = Remarked(block, "from ");
    if (file.empty()) continue;
    ++quotes;
    EXPECT_THAT(Read(file), HasSubstr(block.text)) << page << " says that this is from " << file;
  }
  return quotes;
}

TEST(Guides, QuoteOnlyWhatIsInTheFilesThatTheyName) {
  EXPECT_GE(QuotesOf("docs/guard.md"), 8);
  EXPECT_GE(QuotesOf("README.md"), 1);
  for (const auto& file : std::filesystem::directory_iterator(kSource + "/docs")) {
    if (file.path().extension() == ".md") QuotesOf("docs/" + file.path().filename().string());
  }
}

int Policy(const std::string& proto, const std::string& overlay, std::string* out) {
  cli::PolicyOptions options;
  options.import_folders = {kSource + "/examples/notes"};
  options.protos = {kSource + "/" + proto};
  options.overlay = overlay;
  std::ostringstream table, faults;
  const int code = cli::RunPolicy(options, table, faults);
  *out = table.str() + faults.str();
  return code;
}

TEST(GuardGuide, ShowsTheTableThatTheCommandPrints) {
  int tables = 0;
  for (const Block& block : Guide()) {
    const std::string proto = Remarked(block, "output of tokenforge policy for ");
    if (proto.empty()) continue;
    ++tables;
    std::string out;
    EXPECT_EQ(Policy(proto, "", &out), 0);
    EXPECT_EQ(out, block.text);
  }
  EXPECT_EQ(tables, 1);
}

TEST(GuardGuide, ShowsAPolicyFileThatAServerWouldTake) {
  int files = 0;
  for (const Block& block : Guide()) {
    const std::string proto = Remarked(block, "checked as a policy file for ");
    if (proto.empty()) continue;
    ++files;
    const std::string path = ::testing::TempDir() + "/tokenforge-guide-policy.json";
    std::ofstream(path) << block.text;
    std::string out;
    EXPECT_EQ(Policy(proto, path, &out), 0) << out;
    std::remove(path.c_str());
  }
  EXPECT_EQ(files, 1);
}

}  // namespace
}  // namespace tokenforge::docs
