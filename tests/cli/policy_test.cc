// What `tokenforge policy` prints, and when it fails.
#include "cli/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tokenforge::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kSource = TOKENFORGE_SOURCE_DIR;
const std::string kDescriptorSet = TOKENFORGE_DESCRIPTOR_SET;  // of calls.proto, with its imports

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class PolicyCommand : public ::testing::Test {
 protected:
  PolicyCommand() {
    char pattern[] = "/tmp/tokenforge-cli-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  ~PolicyCommand() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  // A proto with one service of these lines.
  std::string WriteService(const std::string& lines) {
    return Write(
        "shop.proto",
        "syntax = \"proto3\";\npackage shop;\nimport \"tokenforge/access/v1/access.proto\";\n"
        "message M {}\nservice Shop {\n" +
            lines + "\n}\n");
  }
  int Run(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv = {"policy"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    out_.str("");
    err_.str("");
    return Policy(static_cast<int>(argv.size()), argv.data(), out_, err_);
  }
  int RunShop(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"-I", folder_, folder_ / "shop.proto"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }

  std::filesystem::path folder_;
  std::ostringstream out_, err_;
};

TEST_F(PolicyCommand, PrintsTheTableOfOurOwnProtosAsReviewed) {
  std::vector<std::string> arguments = {"-I", kSource + "/proto"};
  for (const char* const part : {"auth/v1/admin", "auth/v1/auth", "auth/v1/trust", "keys/v1/keys",
                                 "sessions/v1/sessions", "users/v1/users"}) {
    arguments.push_back(kSource + "/proto/tokenforge/" + part + ".proto");
  }
  EXPECT_EQ(Run(arguments), 0) << err_.str();
  const std::string golden = kSource + "/tests/cli/our_protos.txt";
  if (std::getenv("TOKENFORGE_WRITE_GOLDEN") != nullptr) std::ofstream(golden) << out_.str();
  EXPECT_EQ(out_.str(), Read(golden))
      << "who may call what has changed: review it, then run this test once with "
         "TOKENFORGE_WRITE_GOLDEN=1";
}

TEST_F(PolicyCommand, FailsOnAMethodWithoutARuleAndNamesEveryFault) {
  WriteService(R"(rpc Bare(M) returns (M);
  rpc Empty(M) returns (M) { option (tokenforge.access.v1.rule) = {}; }
  rpc Both(M) returns (M) { option (tokenforge.access.v1.rule) = { access: PUBLIC any_role: "a" }; }
  rpc Peer(M) returns (M) { option (tokenforge.access.v1.rule) = { peers: "web" }; }
  rpc Good(M) returns (M) { option (tokenforge.access.v1.rule) = { any_role: "a" }; })");
  EXPECT_EQ(RunShop(), 1);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("shop.Shop/Bare: has no rule"),
                                HasSubstr("shop.Shop/Empty: the rule is empty"),
                                HasSubstr("shop.Shop/Both: PUBLIC contradicts"),
                                HasSubstr("shop.Shop/Peer: peers"), Not(HasSubstr("Good"))));
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("shop.Shop/Bare   NO RULE"),
                                HasSubstr("shop.Shop/Empty  AN EMPTY RULE"),
                                HasSubstr("shop.Shop/Good   AUTHENTICATED, any_role: a")));
}

TEST_F(PolicyCommand, ShowsWhereEachRuleStands) {
  WriteService(R"(option (tokenforge.access.v1.default_rule) = { access: AUTHENTICATED };
  rpc A(M) returns (M);
  rpc B(M) returns (M) { option (tokenforge.access.v1.rule) = { access: PUBLIC }; }
  rpc C(M) returns (M);)");
  const std::string overlay = Write("policy.json", R"({"rules": {
    "shop.Shop/B": {"peers": ["/web"]},
    "shop.Shop/C": {"access": "PUBLIC", "loosens_because": "the menu is on the wall"}}})");
  EXPECT_EQ(RunShop({"--overlay", overlay}), 0) << err_.str();
  EXPECT_EQ(out_.str(),
            "METHOD       WHO MAY CALL   RULE OF\n"
            "shop.Shop/A  AUTHENTICATED  service\n"
            "shop.Shop/B  peers: /web    file, line 2\n"
            "shop.Shop/C  PUBLIC         file, line 3\n"
            "    looser than its proto: no token is needed any more\n"
            "    because: the menu is on the wall\n");
}

TEST_F(PolicyCommand, FailsOnWhatAnOverlayMayNotDo) {
  WriteService(
      R"(rpc A(M) returns (M) { option (tokenforge.access.v1.rule) = { any_role: "a" }; })");
  const std::string overlay = Write("policy.json", R"({"rules": {
    "shop.Shop/A": {"access": "PUBLIC"},
    "shop.Shop/Gone": {"access": "PUBLIC"}, "shop.Shop/A ": {"colour": 1}}})");
  EXPECT_EQ(RunShop({"--overlay=" + overlay}), 1);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("loosens_because"), HasSubstr("names no method"),
                                HasSubstr("colour")));
  EXPECT_EQ(RunShop({"--overlay", "/nonexistent"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("/nonexistent: is no regular file"));
}

TEST_F(PolicyCommand, PrintsJsonForScripts) {
  WriteService(R"(rpc A(M) returns (M) {
    option (tokenforge.access.v1.rule) = { any_role: "a" all_scopes: "s" peers: "/web" audience: "x" fresh: true };
  }
  rpc B(M) returns (M);)");
  EXPECT_EQ(RunShop({"--json"}), 1);
  EXPECT_EQ(out_.str(), R"json({"methods":[
{"method":"shop.Shop/A","rule_of":"method","access":"","any_role":["a"],"all_scopes":["s"],"peers":["/web"],"audience":"x","fresh":true},
{"method":"shop.Shop/B","rule_of":"none"}],
"faults":[
{"where":"shop.Shop/B","what":"has no rule, and its service no default_rule: say who may call it (tokenforge/access/v1/access.proto)"}]}
)json");
}

TEST_F(PolicyCommand, ReadsDescriptorSets) {
  EXPECT_EQ(Run({"--descriptor-set", kDescriptorSet}), 1) << "Calls is good, Faulty is not";
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("Calls/Admin"), HasSubstr("any_role: admin, root"),
                                HasSubstr("Ping/Pong")));
  EXPECT_THAT(err_.str(),
              AllOf(HasSubstr("Faulty/NoRule: has no rule"),
                    HasSubstr("Faulty/Unknown: the rule's access"), Not(HasSubstr("Calls/"))));
  EXPECT_EQ(Run({"--descriptor-set", Write("text", "no descriptor set")}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("is no descriptor set"));
  EXPECT_EQ(Run({"--descriptor-set=/nonexistent"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("cannot be read"));
}

TEST_F(PolicyCommand, SaysWhatIsWrongWithAProto) {
  WriteService("rpc A(Nothing) returns (M);");
  EXPECT_EQ(RunShop(), 1);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("shop.proto:6"), HasSubstr("Nothing")));
  EXPECT_EQ(Run({"/nonexistent.proto"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("/nonexistent.proto"));
  EXPECT_EQ(Run({"-I", kSource + "/proto", "tokenforge/access/v1/access.proto"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("declare no service"));
}

TEST_F(PolicyCommand, ANameCannotDrawOverTheTable) {
  WriteService(
      "rpc A(M) returns (M) { option (tokenforge.access.v1.rule) = "
      "{ any_role: \"a\\033[2K\\nb\\xe2\\x80\\xae\" }; }");
  EXPECT_EQ(RunShop(), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr(R"(any_role: a\x1b[2K\x0ab\xe2\x80\xae)"));
}

TEST_F(PolicyCommand, ExplainsItsUsage) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("--overlay"));
  EXPECT_EQ(Run({}), 2);
  EXPECT_EQ(Run({"--colour", "x.proto"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("there is no flag --colour"));
  EXPECT_EQ(Run({"x.proto", "--overlay"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--overlay needs a value"));
}

}  // namespace
}  // namespace tokenforge::cli
