#include "lib/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tokenforge::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

struct Settings {
  std::string listen = "untouched";
  milliseconds drain_delay{-1};
  std::int64_t threads = -1;
  bool tls = false;
  std::string store;
  std::vector<std::string> audiences;
  std::string key_file;
};

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    char name[] = "/tmp/tf-config-XXXXXX";
    folder_ = mkdtemp(name);
    parser_.Address("listen", &c_.listen, "0.0.0.0:7444", "Where to serve gRPC");
    parser_.Duration("drain-delay", &c_.drain_delay, seconds(5), "How long to go on serving");
    parser_.Integer("threads", &c_.threads, 4, "Threads", 1, 64);
    parser_.Group("Store");
    parser_.Bool("tls", &c_.tls, true, "Whether to speak TLS");
    parser_.Choice("store", &c_.store, {"sqlite", "postgresql"}, "sqlite", "Which store");
    parser_.StringList("audience", &c_.audiences, {"tokenforge"}, "Audiences");
    parser_.FileThatExists("key-file", &c_.key_file, "", "Private key, PEM");
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }

  Outcome Parse(std::vector<std::string> arguments, const Environment& environment = {}) {
    std::vector<const char*> argv = {"tokenforge-test"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    out_.str("");
    err_.str("");
    return parser_.Parse(static_cast<int>(argv.size()), argv.data(), environment, out_, err_);
  }

  std::vector<std::string> Mistakes() const {
    std::istringstream text(err_.str());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  std::filesystem::path folder_;
  Settings c_;
  Parser parser_{"tokenforge-test", "Tests settings."};
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ConfigTest, DefaultsRunWithoutAWord) {
  EXPECT_TRUE(Parse({}).run);
  EXPECT_EQ(c_.listen, "0.0.0.0:7444");
  EXPECT_EQ(c_.drain_delay, seconds(5));
  EXPECT_EQ(c_.threads, 4);
  EXPECT_TRUE(c_.tls);
  EXPECT_EQ(c_.store, "sqlite");
  EXPECT_THAT(c_.audiences, ElementsAre("tokenforge"));
  EXPECT_EQ(c_.key_file, "");
  EXPECT_EQ(out_.str() + err_.str(), "");
}

TEST_F(ConfigTest, FlagsGoBeforeEnvironmentBeforeFileBeforeDefaults) {
  const std::string file = File("f", "threads = 1\ndrain-delay = 1s\nstore = postgresql\n");
  const Environment environment = {{"TOKENFORGE_THREADS", "2"}, {"TOKENFORGE_DRAIN_DELAY", "2s"}};
  ASSERT_TRUE(Parse({"--config-file", file, "--threads=3"}, environment).run);
  EXPECT_EQ(c_.threads, 3);
  EXPECT_EQ(c_.drain_delay, seconds(2));
  EXPECT_EQ(c_.store, "postgresql");
  EXPECT_EQ(c_.listen, "0.0.0.0:7444");
}

TEST_F(ConfigTest, TheFileMayBeNamedByTheEnvironment) {
  const std::string file =
      File("f", "# a comment\n\n  threads=9  \r\nkey-file = " + folder_.string() + "/f\n");
  ASSERT_TRUE(Parse({}, {{"TOKENFORGE_CONFIG_FILE", file}}).run);
  EXPECT_EQ(c_.threads, 9);
  EXPECT_EQ(c_.key_file, file);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ConfigTest, FlagsTakeTheirValueEitherWay) {
  ASSERT_TRUE(Parse({"--listen", "a:1", "--drain-delay=0", "--tls=false"}).run);
  EXPECT_EQ(c_.listen, "a:1");
  EXPECT_EQ(c_.drain_delay, seconds(0));
  EXPECT_FALSE(c_.tls);
  ASSERT_TRUE(Parse({"--tls"}, {{"TOKENFORGE_TLS", "false"}}).run);
  EXPECT_TRUE(c_.tls);
}

TEST_F(ConfigTest, ListsAreRepeatedOrSeparatedByCommasAndComeFromOneSource) {
  const std::string file = File("f", "audience = x\naudience = y\n");
  ASSERT_TRUE(Parse({"--config-file=" + file}).run);
  EXPECT_THAT(c_.audiences, ElementsAre("x", "y"));
  ASSERT_TRUE(Parse({"--config-file=" + file, "--audience=a,b", "--audience", "c"}).run);
  EXPECT_THAT(c_.audiences, ElementsAre("a", "b", "c"));
}

TEST_F(ConfigTest, AValueOfAFileMayHoldAnyCharacter) {
  const std::string odd = File("a#b=c", "");
  ASSERT_TRUE(Parse({"--config-file", File("f", "key-file = " + odd + "\n")}).run);
  EXPECT_EQ(c_.key_file, odd);
}

TEST_F(ConfigTest, EveryMistakeIsToldAtOnceInOneLineEach) {
  const std::string file = File("f", "thread = 1\nno equals sign\nstore = oracle\n[section]\n");
  const Outcome outcome = Parse({"--listn=x", "--drain-delay", "soon", "--threads=65", "stray",
                                 "--config-file", file, "--key-file=/none/such"},
                                {{"TOKENFORGE_TLS", "maybe"}});
  EXPECT_FALSE(outcome.run);
  EXPECT_EQ(outcome.exit_code, 2);
  const auto said = [](const std::string& begin, const std::string& end) {
    return AllOf(StartsWith("tokenforge-test: " + begin), HasSubstr(end));
  };
  EXPECT_THAT(Mistakes(),
              ElementsAre(said("unknown flag --listn", "did you mean --listen?"),
                          said("unexpected argument stray", ""),
                          said(file + ":1: unknown key thread", "did you mean threads?"),
                          said(file + ":2: expected", "name = value"),
                          said(file + ":4: expected", "name = value"),
                          said("--drain-delay=soon: expected a duration", "250ms"),
                          said("--threads=65: expected a whole number", "from 1 to 64"),
                          said("TOKENFORGE_TLS=maybe: expected true or false", ""),
                          said(file + ":3: store = oracle", "expected one of sqlite, postgresql"),
                          said("--key-file=/none/such: expected a file that exists", "")));
  EXPECT_EQ(c_.listen, "untouched") << "nothing is written after a mistake";
}

TEST_F(ConfigTest, AFlagWithoutItsValueDoesNotHideOtherMistakes) {
  EXPECT_EQ(Parse({"--nonsense", "--listen", "--threads=0", "--store"}).exit_code, 2);
  EXPECT_THAT(err_.str(),
              AllOf(HasSubstr("unknown flag --nonsense"), HasSubstr("--listen needs a value"),
                    HasSubstr("--store needs a value"), HasSubstr("--threads=0: expected")));
}

TEST_F(ConfigTest, PrefixesOfFlagsAreNotGuessed) {
  EXPECT_EQ(Parse({"--thr=3"}).exit_code, 2);
  EXPECT_THAT(err_.str(), HasSubstr("unknown flag --thr"));
}

TEST_F(ConfigTest, AnUnknownFlagsValueIsNoSecondMistake) {
  EXPECT_EQ(Parse({"--lisen", "a:1"}).exit_code, 2);
  EXPECT_THAT(Mistakes(), SizeIs(1));
}

TEST_F(ConfigTest, GivenTwiceIsAMistake) {
  EXPECT_EQ(Parse({"--threads=1", "--threads=2"}).exit_code, 2);
  EXPECT_THAT(Mistakes(), ElementsAre(HasSubstr("--threads=2: given more than once")));
  EXPECT_EQ(Parse({"--config-file", File("f", "store = sqlite\nstore = sqlite\n")}).exit_code, 2);
  EXPECT_THAT(Mistakes(), ElementsAre(HasSubstr(":2: store = sqlite: given more than once")));
}

TEST_F(ConfigTest, AnUnknownVariableIsAWarningThatNamesTheNearest) {
  EXPECT_TRUE(Parse({}, {{"TOKENFORGE_LISTN", "a:1"}, {"PATH", "/bin"}}).run);
  EXPECT_THAT(Mistakes(), ElementsAre(AllOf(HasSubstr("warning: unknown environment variable"),
                                            HasSubstr("did you mean TOKENFORGE_LISTEN?"))));
}

TEST_F(ConfigTest, AMissingOrUnreadableFileIsAMistake) {
  EXPECT_EQ(Parse({"--config-file", "/none/such"}).exit_code, 2);
  EXPECT_THAT(err_.str(), HasSubstr("--config-file=/none/such: expected a file that exists"));
  EXPECT_EQ(Parse({"--config-file", folder_}).exit_code, 2);
  EXPECT_THAT(err_.str(), HasSubstr("expected a regular file"));
}

TEST_F(ConfigTest, ARequiredSettingMustBeGiven) {
  std::string trust_domain;
  parser_.String("trust-domain", &trust_domain, "", "SPIFFE trust domain").Required();
  EXPECT_EQ(Parse({}).exit_code, 2);
  EXPECT_THAT(Mistakes(), ElementsAre(AllOf(HasSubstr("--trust-domain is required"),
                                            HasSubstr("TOKENFORGE_TRUST_DOMAIN"))));
  EXPECT_EQ(Parse({"--check-config"}, {{"TOKENFORGE_TRUST_DOMAIN", ""}}).exit_code, 2);
  EXPECT_TRUE(Parse({"--trust-domain=example.org"}).run);
  EXPECT_EQ(trust_domain, "example.org");
}

TEST_F(ConfigTest, RulesSeeTheNewValuesAndAllSpeak) {
  parser_.Check([this]() -> std::vector<std::string> {
    if (c_.threads <= 8) return {};
    return {"--threads is more than 8 on this machine", "a second thing"};
  });
  parser_.Check([] { return std::vector<std::string>{"a third thing"}; });
  EXPECT_EQ(Parse({"--threads=9"}).exit_code, 2);
  EXPECT_THAT(Mistakes(),
              ElementsAre(HasSubstr("more than 8"), HasSubstr("second"), HasSubstr("third")));
}

TEST_F(ConfigTest, RulesAreNotAskedAboutBadValues) {
  bool asked = false;
  parser_.Check([&] {
    asked = true;
    return std::vector<std::string>();
  });
  EXPECT_EQ(Parse({"--threads=many"}).exit_code, 2);
  EXPECT_FALSE(asked);
}

TEST_F(ConfigTest, CheckConfigSaysWhetherItIsGood) {
  Outcome outcome = Parse({"--check-config"});
  EXPECT_FALSE(outcome.run);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(out_.str(), "configuration OK\n");
  outcome = Parse({"--check-config", "--threads=0"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ConfigTest, HelpIsCompleteAndExitsWithZeroWhateverElseIsWrong) {
  for (const char* flag : {"--help", "-h"}) {
    const Outcome outcome = Parse({"--threads=0", flag});
    EXPECT_FALSE(outcome.run);
    EXPECT_EQ(outcome.exit_code, 0);
    const std::string help = out_.str();
    for (const char* part :
         {"tokenforge-test: Tests settings.", "Settings:", "Store:", "--listen=HOST:PORT",
          "default 0.0.0.0:7444; TOKENFORGE_LISTEN", "--drain-delay=DURATION", "default 5s",
          "--tls[=BOOL]", "sqlite|postgresql", "no default; TOKENFORGE_KEY_FILE", "--config-file",
          "--check-config", "--version"}) {
      EXPECT_THAT(help, HasSubstr(part));
    }
  }
}

TEST_F(ConfigTest, HelpSaysBoundsWhereThereAreAny) {
  milliseconds pause{0};
  parser_.Duration("pause", &pause, seconds(2), "Pause", seconds(1));
  ASSERT_EQ(Parse({"--help"}).exit_code, 0);
  for (const char* part :
       {"default 4; 1 to 64; TOKENFORGE_THREADS\n", "default 5s; TOKENFORGE_DRAIN_DELAY\n",
        "default 2s; at least 1s; TOKENFORGE_PAUSE\n"}) {
    EXPECT_THAT(out_.str(), HasSubstr(part));
  }
}

TEST_F(ConfigTest, VersionIsOneLine) {
  EXPECT_EQ(Parse({"--version"}).exit_code, 0);
  EXPECT_THAT(out_.str(), testing::MatchesRegex("tokenforge-test [0-9.]+\n"));
}

TEST_F(ConfigTest, AMistakeStaysOneLineWhateverWasTyped) {
  EXPECT_EQ(Parse({"--threads=a\nb\x1b[2J", "--x\ny"}).exit_code, 2);
  EXPECT_THAT(Mistakes(), SizeIs(2));
  EXPECT_EQ(err_.str().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace tokenforge::config
