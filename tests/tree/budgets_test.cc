// Sizes, names and places of files. Elegance is lost in the tail, so the tail has a bound.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <regex>
#include <string>
#include <vector>

#include "tests/tree/source_tree.h"

namespace tokenforge::tree {
namespace {

using ::testing::IsEmpty;

constexpr size_t kMostLines = 400;
constexpr size_t kSourceBudget = 300;
constexpr size_t kHeaderBudget = 120;

const std::vector<SourceFile>& Tree() {
  static const std::vector<SourceFile> files = ReadTree(TOKENFORGE_SOURCE_DIR);
  return files;
}

size_t BudgetOf(const SourceFile& file) {
  return file.path.ends_with(".h") ? kHeaderBudget : kSourceBudget;
}

// Home folders of people and of containers' users. In pieces, or this file would find itself.
const std::regex& PersonalPath() {
  static const std::regex pattern(std::string("(^|[^A-Za-z0-9_./-])/(ho") + "me/[a-z]|ro" +
                                  "ot/|Us" + "ers/|wo" + "rk/)");
  return pattern;
}

TEST(Budgets, NoSourceFileIsTooLong) {
  std::vector<std::string> too_long;
  for (const SourceFile& file : Tree()) {
    if (!IsCpp(file) || file.lines.size() <= BudgetOf(file)) continue;
    const std::string line = file.path + " has " + std::to_string(file.lines.size()) +
                             " lines, its budget is " + std::to_string(BudgetOf(file));
    std::cout << line << "\n";
    if (file.lines.size() > kMostLines) too_long.push_back(line);
  }
  EXPECT_THAT(too_long, IsEmpty()) << "split what is longer than " << kMostLines << " lines";
}

TEST(Budgets, NoFolderIsADrawer) {
  static const std::regex drawer("(^|/)(common|utils?|shared|helpers?|misc)/");
  std::vector<std::string> drawers;
  for (const SourceFile& file : Tree()) {
    if (IsCpp(file) && std::regex_search(file.path, drawer)) drawers.push_back(file.path);
  }
  EXPECT_THAT(drawers, IsEmpty()) << "name a folder after what is in it";
}

TEST(Budgets, NoFileHoldsAPathOfSomebodysMachine) {
  std::vector<std::string> found;
  for (const SourceFile& file : Tree()) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      if (std::regex_search(file.lines[i], PersonalPath())) {
        found.push_back(file.path + ":" + std::to_string(i + 1) + ": " + file.lines[i]);
      }
    }
  }
  EXPECT_THAT(found, IsEmpty());
}

TEST(Budgets, TheSearchForPersonalPathsFindsThem) {
  EXPECT_TRUE(std::regex_search(std::string("see /ho") + "me/alice/key", PersonalPath()));
  EXPECT_TRUE(std::regex_search(std::string("cd /wo") + "rk/main", PersonalPath()));
  EXPECT_FALSE(
      std::regex_search(std::string("https://example.org/ho") + "me/index", PersonalPath()));
}

TEST(Budgets, EveryHeaderHasOneGuardAndBeginsAsAManual) {
  std::vector<std::string> bare;
  for (const SourceFile& file : Tree()) {
    if (!file.path.ends_with(".h") || file.path.starts_with("examples/")) continue;
    int guards = 0;
    for (const std::string& line : file.lines) guards += line == "#pragma once" ? 1 : 0;
    if (guards != 1 || !file.lines.front().starts_with("//")) bare.push_back(file.path);
  }
  EXPECT_THAT(bare, IsEmpty())
      << "a header begins with what it is and why, and has one #pragma once";
}

}  // namespace
}  // namespace tokenforge::tree
