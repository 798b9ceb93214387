// What is made from the table of commands: completion that shells understand, and a man page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <set>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/frame.h"
#include "cli/help.h"
#include "cli/man_page.h"

namespace tokenforge::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// What a shell command prints, its errors too, and how it ended.
std::pair<std::string, int> Shell(const std::string& command) {
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::string text;
  std::array<char, 4096> piece{};
  for (std::size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;) {
    text.append(piece.data(), got);
  }
  return {text, ::pclose(pipe)};
}

bool Has(const std::string& program) { return Shell("command -v " + program).second == 0; }

std::string Written(const std::string& name, const std::string& content) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << content;
  return path;
}

std::set<std::string> Completed(const std::string& line) {
  static const std::string script = Written("completion.bash", BashCompletion(Commands()));
  const auto [text, code] = Shell("bash -c 'source " + script + "; COMP_LINE=\"" + line +
                                  "\"; COMP_POINT=${#COMP_LINE}; _tokenforge; "
                                  "printf \"%s\\n\" \"${COMPREPLY[@]}\"'");
  EXPECT_EQ(code, 0) << text;
  std::set<std::string> words;
  std::istringstream lines(text);
  for (std::string word; std::getline(lines, word);) {
    if (!word.empty()) words.insert(word);
  }
  return words;
}

TEST(Completion, IsGoodBash) {
  const auto [text, code] = Shell("bash -n " + Written("n.bash", BashCompletion(Commands())));
  EXPECT_EQ(code, 0) << text;
}

TEST(Completion, IsGoodZsh) {
  if (!Has("zsh")) GTEST_SKIP() << "zsh is not installed";
  const auto [text, code] = Shell("zsh -n " + Written("n.zsh", ZshCompletion(Commands())));
  EXPECT_EQ(code, 0) << text;
}

TEST(Completion, IsGoodFish) {
  if (!Has("fish")) GTEST_SKIP() << "fish is not installed";
  const auto [text, code] = Shell("fish -n " + Written("n.fish", FishCompletion(Commands())));
  EXPECT_EQ(code, 0) << text;
}

TEST(Completion, CompletesCommandsWordByWord) {
  EXPECT_THAT(Completed("tokenforge "), IsSupersetOf({"login", "admin", "keys", "help"}));
  EXPECT_THAT(Completed("tokenforge who"), ElementsAre("whoami"));
  EXPECT_THAT(Completed("tokenforge keys "), ElementsAre("list", "revoke", "revoke-all", "rotate"));
  EXPECT_THAT(Completed("tokenforge admin users d"), ElementsAre("delete", "disable"));
  EXPECT_THAT(Completed("tokenforge completion "), ElementsAre("bash", "fish", "zsh"));
}

TEST(Completion, CompletesFlagsAndTheirValues) {
  EXPECT_THAT(Completed("tokenforge keys revoke --rea"), ElementsAre("--reason="));
  EXPECT_THAT(Completed("tokenforge keys revoke --end"), IsEmpty());
  EXPECT_THAT(Completed("tokenforge logout --a"), IsSupersetOf({"--all", "--auth="}));
  const std::string folder = testing::TempDir() + "/certs-to-complete";
  Shell("mkdir -p " + folder);
  EXPECT_THAT(Completed("tokenforge login --certs=" + folder.substr(0, folder.size() - 3)),
              ElementsAre(folder));
}

TEST(ManPage, IsRoffWithoutAWarning) {
  if (!Has("groff")) GTEST_SKIP() << "groff is not installed";
  const auto [text, code] =
      Shell("groff -man -Kutf8 -Tutf8 -ww -z " + Written("tokenforge.1", ManPage(Commands())));
  EXPECT_EQ(code, 0);
  EXPECT_EQ(text, "");
}

TEST(ManPage, ShowsEveryCommandAndExitCode) {
  if (!Has("groff")) GTEST_SKIP() << "groff is not installed";
  const auto [text, code] = Shell("groff -man -Kutf8 -Tutf8 -rLL=200n -P-c -P-b -P-u " +
                                  Written("tokenforge.1", ManPage(Commands())));
  EXPECT_EQ(code, 0);
  for (const Command& command : Commands()) {
    EXPECT_THAT(text, HasSubstr("tokenforge " + command.name)) << command.name;
  }
  EXPECT_THAT(text, AllOf(HasSubstr("--password-fd=NUMBER"), HasSubstr("EXIT STATUS"),
                          HasSubstr("~/.config/tokenforge/config"), HasSubstr("--profile=TEXT")));
}

TEST(Table, EveryCommandCanBeHelpedWith) {
  std::set<std::string> names;
  for (const Command& command : Commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name << " is there twice";
    EXPECT_FALSE(command.summary.empty() || command.summary.ends_with(".")) << command.name;
    for (const config::SettingInfo& setting : SettingsOf(command)) {
      EXPECT_FALSE(setting.help.empty() || setting.help.ends_with(".")) << setting.name;
    }
    EXPECT_THAT(HelpOf(command, SettingsOf(command)), HasSubstr(command.summary));
  }
  EXPECT_THAT(names, Contains("login"));
}

}  // namespace
}  // namespace tokenforge::cli
