// The frame: from words to a command, its settings, its exit code and the line about what went
// wrong.
#include "cli/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "lib/errors/errors.h"

namespace tokenforge::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
namespace reasons = errors::reasons;

// What the last command was given.
struct Seen {
  std::string auth, audience, profile;
  std::vector<std::string> operands;
  bool json = false;
} seen;

absl::StatusOr<ExitCode> answer = ExitCode::kDone;

Command Make(std::string name, std::vector<Operand> operands = {}) {
  return {.name = std::move(name),
          .group = "Commands",
          .summary = "does a thing",
          .operands = std::move(operands),
          .examples = {{"tokenforge fly --auth=here:1", "flies there"}},
          .declare = [](config::Parser& parser) -> Run {
            auto auth = std::make_shared<std::string>();
            auto audience = std::make_shared<std::string>();
            auto loud = std::make_shared<bool>();
            parser.Address("auth", auth.get(), "localhost:1", "The façade");
            parser.String("audience", audience.get(), "tokenforge", "Whom for");
            parser.Bool("loud", loud.get(), false, "Louder");
            return [auth, audience, loud](const Invocation& call) {
              seen = {*auth, *audience, call.profile, call.operands, call.json};
              return answer;
            };
          }};
}

class Frame : public testing::Test {
 protected:
  Frame()
      : home_(testing::TempDir() + "/frame-" +
              testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(home_);
    std::filesystem::create_directories(home_ + "/.config/tokenforge");
    environment_["HOME"] = home_;
    seen = {};
    answer = ExitCode::kDone;
  }
  ~Frame() override { std::filesystem::remove_all(home_); }

  int Run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    std::istringstream in;
    const std::vector<Command> commands = {
        Make("fly"), Make("nest list"),
        Make("nest drop", {{.name = "EGG", .help = "Which", .many = true}}),
        Make("sing", {{.name = "SONG", .help = "Which", .needed = false}})};
    return static_cast<int>(
        RunCommandLine(commands, words, environment_, {.in = in, .out = out_, .err = err_}));
  }
  void WriteProfiles(const std::string& text) const {
    std::ofstream(home_ + "/.config/tokenforge/config") << text;
  }

  const std::string home_;
  config::Environment environment_;
  std::ostringstream out_, err_;
};

TEST_F(Frame, FindsCommandsOfSeveralWordsAndTakesOperandsOutFromBetweenFlags) {
  EXPECT_EQ(Run({"nest", "drop", "--auth", "there:2", "a", "--loud", "b", "--json", "--", "--c"}),
            0)
      << err_.str();
  EXPECT_EQ(seen.auth, "there:2");
  EXPECT_THAT(seen.operands, ElementsAre("a", "b", "--c"));
  EXPECT_TRUE(seen.json);
}

TEST_F(Frame, RefusesTooFewAndTooManyOperandsWithTheUsage) {
  EXPECT_EQ(Run({"nest", "drop"}), 2);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("EGG is missing"),
                                HasSubstr("Usage: tokenforge nest drop EGG… [--flag=value …]")));
  EXPECT_EQ(Run({"sing", "one", "two"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("unexpected argument two"));
  EXPECT_EQ(Run({"sing"}), 0);
}

TEST_F(Frame, NamesTheNearestCommandsForOneThatItDoesNotKnow) {
  EXPECT_EQ(Run({"flu"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("there is no command flu; did you mean fly"));
  EXPECT_EQ(Run({"drop", "--auth=x:1"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean nest drop"));
  EXPECT_EQ(Run({"nest", "lits"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean nest list"));
  EXPECT_EQ(Run({"photosynthesise"}), 2);
  EXPECT_THAT(err_.str(), Not(HasSubstr("did you mean")));
  EXPECT_EQ(Run({"\x1b[2J"}), 2);
  EXPECT_THAT(err_.str(), Not(HasSubstr("\x1b")));
}

TEST_F(Frame, HelpsWithAllWithAFamilyAndWithOne) {
  EXPECT_EQ(Run({}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("nest list"));
  EXPECT_EQ(Run({"help"}), 0);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("fly"), HasSubstr("nest drop"), HasSubstr("Exit codes")));
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"nest", "--help"}, {"nest", "help"}, {"help", "nest"}}) {
    EXPECT_EQ(Run(words), 0);
    EXPECT_THAT(out_.str(), AllOf(HasSubstr("nest list"), Not(HasSubstr("  fly"))));
  }
  EXPECT_EQ(Run({"nest"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("nest list"));
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"fly", "--help"}, {"fly", "-h"}, {"help", "fly"}}) {
    EXPECT_EQ(Run(words), 0);
    EXPECT_THAT(out_.str(), AllOf(HasSubstr("--auth=HOST:PORT"), HasSubstr("TOKENFORGE_AUDIENCE"),
                                  HasSubstr("tokenforge fly --auth=here:1"), HasSubstr("--profile"),
                                  HasSubstr("4  not logged in"), HasSubstr("--loud\n")));
  }
}

TEST_F(Frame, TakesFlagsBeforeTheEnvironmentBeforeTheProfile) {
  WriteProfiles("# ours\n[default]\nauth = profile:1\naudience = notes\n[far]\nauth=far:9\n");
  EXPECT_EQ(Run({"fly"}), 0) << err_.str();
  EXPECT_EQ(seen.auth, "profile:1");
  EXPECT_EQ(seen.audience, "notes");
  EXPECT_EQ(seen.profile, "default");
  environment_["TOKENFORGE_AUTH"] = "environment:1";
  EXPECT_EQ(Run({"fly"}), 0);
  EXPECT_EQ(seen.auth, "environment:1");
  EXPECT_EQ(Run({"fly", "--auth=flag:1"}), 0);
  EXPECT_EQ(seen.auth, "flag:1");
  environment_.erase("TOKENFORGE_AUTH");
  EXPECT_EQ(Run({"fly", "--profile", "far"}), 0) << err_.str();
  EXPECT_EQ(seen.auth, "far:9");
  EXPECT_EQ(seen.audience, "tokenforge");
  environment_["TOKENFORGE_PROFILE"] = "far";
  EXPECT_EQ(Run({"fly"}), 0);
  EXPECT_EQ(seen.auth, "far:9");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(Frame, NamesEveryMistakeOfTheFileOfProfiles) {
  WriteProfiles("auth = early:1\n[default]\nauthh = x:1\nnonsense\n[default]\n[no name]\n");
  EXPECT_EQ(Run({"fly"}), 2);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("config:1: a section"),
                                HasSubstr("config:3: no setting of a profile is named authh; did "
                                          "you mean auth?"),
                                HasSubstr("config:4: expected `name = value`"),
                                HasSubstr("config:5: section [default] is there twice"),
                                HasSubstr("config:6: expected a section")));
  WriteProfiles("[default]\nauth = nowhere\n");
  EXPECT_EQ(Run({"fly"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("config:2"));
}

TEST_F(Frame, AProfileThatWasAskedForMustBeThere) {
  EXPECT_EQ(Run({"fly"}), 0);
  EXPECT_EQ(Run({"fly", "--profile=default"}), 2);
  WriteProfiles("[staging]\nauth = s:1\n");
  EXPECT_EQ(Run({"fly", "--profile=stagign"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean staging?"));
  EXPECT_EQ(Run({"fly", "--profile=../other"}), 2);
  EXPECT_EQ(Run({"fly", "--profiles-file=/nonexistent"}), 2);
}

TEST_F(Frame, WarnsOfVariablesThatNoCommandReads) {
  environment_["TOKENFORGE_PROFILE"] = "default";
  environment_["TOKENFORGE_AUHT"] = "x:1";
  WriteProfiles("[default]\n");
  EXPECT_EQ(Run({"fly"}), 0);
  EXPECT_THAT(err_.str(), HasSubstr("TOKENFORGE_AUHT"));
  EXPECT_THAT(err_.str(), Not(HasSubstr("TOKENFORGE_PROFILE is not used")));
}

TEST_F(Frame, EachErrorHasItsExitCodeAndOneLine) {
  const std::vector<std::pair<absl::Status, int>> cases = {
      {errors::Make(reasons::INVALID_CREDENTIALS, "no"), 1},
      {errors::Make(reasons::CODE_INVALID, "no"), 1},
      {errors::Make(reasons::ROLE_REQUIRED, "no"), 1},
      {UsageError("no"), 2},
      {errors::Make(reasons::DEPENDENCY_DOWN, "no"), 3},
      {absl::DeadlineExceededError("no"), 3},
      {errors::Make(reasons::TOKEN_EXPIRED, "no"), 4},
      {errors::Make(reasons::SESSION_ENDED, "no"), 4},
      {errors::Make(reasons::REFRESH_TOKEN_REUSED, "no"), 4},
      {WithExitCode(absl::NotFoundError("no"), ExitCode::kNotLoggedIn), 4}};
  for (const auto& [status, code] : cases) {
    answer = status;
    EXPECT_EQ(Run({"fly"}), code) << status;
    EXPECT_THAT(err_.str(), testing::StartsWith("tokenforge fly: no")) << status;
    EXPECT_EQ(std::ranges::count(err_.str(), '\n'), 1) << err_.str();
  }
  answer = ExitCode::kPartly;
  EXPECT_EQ(Run({"fly"}), 5);
}

TEST_F(Frame, AnErrorSaysEveryFieldAndWhenToComeBack) {
  answer = errors::InvalidFields({{"email", "is no address"}, {"name", "is too\nlong"}});
  EXPECT_EQ(Run({"fly"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("INVALID_ARGUMENT INVALID_FIELD"));
  EXPECT_THAT(err_.str(), EndsWith("  email: is no address\n  name: is too\\nlong\n"));
  answer = errors::MakeRetryable(reasons::RATE_LIMITED, "too many", std::chrono::seconds(30));
  EXPECT_EQ(Run({"fly"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("RATE_LIMITED); again in 30s"));
}

}  // namespace
}  // namespace tokenforge::cli
