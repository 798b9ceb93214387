// What a policy file may say, and that everything wrong with one is said at once, with its line.
#include "interceptors/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokenforge::internal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> FaultsOf(std::string_view text) {
  std::vector<std::string> faults;
  const absl::StatusOr<PolicyFile> file = ParsePolicyFile(text);
  for (const errors::FieldFault& fault : errors::FaultsOf(file.status())) {
    faults.push_back(fault.field + ": " + fault.description);
  }
  EXPECT_EQ(file.ok(), faults.empty());
  return faults;
}

TEST(PolicyFile, ReadsEveryCondition) {
  const auto file = ParsePolicyFile(R"({"rules": {
    "a.v1.B/C": {"access": "AUTHENTICATED", "any_role": ["admin", "root"],
                 "all_scopes": ["read"], "peers": ["/web", "spiffe://example.org/jobs/*"],
                 "audience": "billing", "fresh": true, "max_stale_seconds": 600,
                 "loosens_because": "see ticket 12"},
    "a.v1.B": {"access": "PUBLIC"},
    "*": {"any_role": ["admin"], "max_stale_seconds": 0}
  }})");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_THAT(file->entries, SizeIs(3));
  const PolicyEntry& first = file->entries[0];
  EXPECT_EQ(first.target, "a.v1.B/C");
  EXPECT_EQ(first.line, 2u);
  EXPECT_EQ(first.rule.access, AccessRule::Access::kAuthenticated);
  EXPECT_THAT(first.rule.any_role, ElementsAre("admin", "root"));
  EXPECT_THAT(first.rule.all_scopes, ElementsAre("read"));
  EXPECT_THAT(first.rule.peers, ElementsAre("/web", "spiffe://example.org/jobs/*"));
  EXPECT_EQ(first.rule.audience, "billing");
  EXPECT_TRUE(first.rule.fresh);
  EXPECT_EQ(first.rule.max_stale, std::chrono::seconds(600));
  EXPECT_EQ(first.loosens_because, "see ticket 12");
  EXPECT_EQ(file->entries[1].rule.access, AccessRule::Access::kPublic);
  EXPECT_EQ(file->entries[1].line, 6u);
  EXPECT_EQ(file->entries[2].target, "*");
  EXPECT_EQ(file->entries[2].rule.max_stale, std::chrono::seconds(0));
  EXPECT_EQ(file->entries[2].loosens_because, "");
}

TEST(PolicyFile, MayHoldNoEntry) {
  const auto file = ParsePolicyFile(R"({"rules": {}})");
  ASSERT_TRUE(file.ok());
  EXPECT_THAT(file->entries, SizeIs(0));
}

TEST(PolicyFile, NamesEveryFaultAtOnceWithItsLine) {
  EXPECT_THAT(FaultsOf(R"({
    "version": 1,
    "rules": {
      "a.B/C": {"access": "OPEN", "any_role": "admin"},
      "a.B/D": {"role": ["x"], "fresh": 1},
      "a.B/E": {},
      "a.B/F": {"access": "PUBLIC", "any_role": ["x"]},
      "a.B/G": {"all_scopes": ["two words"]},
      "a.B/H": {"peers": ["/web"], "fresh": true},
      "not a method": {"access": "PUBLIC"},
      "a.B/I": ["PUBLIC"],
      "a.B/J": {"access": "AUTHENTICATED", "max_stale_seconds": 1.5, "audience": ""}
    }
  })"),
              ElementsAre("line 2, version: is unknown: the file holds rules and nothing else",
                          StartsWith("line 4, rules.\"a.B/C\".access: must be"),
                          StartsWith("line 4, rules.\"a.B/C\".any_role: must be a list"),
                          StartsWith("line 5, rules.\"a.B/D\".role: is unknown"),
                          StartsWith("line 5, rules.\"a.B/D\".fresh: must be true or false"),
                          StartsWith("line 6, rules.\"a.B/E\": the rule is empty"),
                          StartsWith("line 7, rules.\"a.B/F\": PUBLIC contradicts"),
                          StartsWith("line 8, rules.\"a.B/G\": all_scopes"),
                          StartsWith("line 9, rules.\"a.B/H\": fresh"),
                          StartsWith("line 10, rules.\"not?a?method\": is no name"),
                          StartsWith("line 11, rules.\"a.B/I\": must be an object"),
                          StartsWith("line 12, rules.\"a.B/J\".max_stale_seconds: must be a whole"),
                          StartsWith("line 12, rules.\"a.B/J\".audience: must be a text")));
}

TEST(PolicyFile, RefusesDuplicateMembersAtAnyDepth) {
  EXPECT_THAT(FaultsOf(R"({"rules": {
    "a.B/C": {"access": "PUBLIC", "access": "AUTHENTICATED"},
    "a.B/C": {"access": "PUBLIC"}
  }})"),
              ElementsAre(AllOf(StartsWith("line 2"), HasSubstr("\"access\" comes twice")),
                          AllOf(StartsWith("line 3"), HasSubstr("\"a.B/C\" comes twice"))));
}

TEST(PolicyFile, RefusesWhatIsNoStrictJson) {
  const std::string good = R"({"rules": {}})";
  const std::vector<std::string> bad = {"",
                                        " ",
                                        "{",
                                        good + "x",
                                        good + good,
                                        "// why\n" + good,
                                        "\xef\xbb\xbf" + good,
                                        R"({"rules": {},})",
                                        R"({'rules': {}})",
                                        R"({"rules": {"a.B": {"audience": ")"
                                        "\xff"
                                        R"("}}})",
                                        R"({"rules": {"a.B": {"audience": "\ude00"}}})",
                                        R"({"rules": {"\udfff": {}}})",
                                        good + std::string(1, '\0'),
                                        R"({"rules": NaN})",
                                        R"({"rules": 1e999})"};
  for (const std::string& text : bad) EXPECT_THAT(FaultsOf(text), SizeIs(1)) << text;
  EXPECT_THAT(FaultsOf("{\n\"rules\":\n{]}"), ElementsAre(StartsWith("line 3: ")));
}

TEST(PolicyFile, RefusesOtherShapes) {
  for (const char* const text : {"{}", "[]", "1", R"("rules")", R"({"rules": []})",
                                 R"({"rules": null})", R"({"rules": {"a.B": null}})"}) {
    EXPECT_THAT(FaultsOf(text), SizeIs(1)) << text;
  }
}

TEST(PolicyFile, RefusesWhatIsTooMuch) {
  EXPECT_THAT(FaultsOf(std::string(kMaxPolicyBytes + 1, ' ')),
              ElementsAre(HasSubstr("more than 1048576 bytes")));
  EXPECT_THAT(FaultsOf(R"({"rules": {"a.B": {"any_role": [["x"]]}}})"),
              ElementsAre(HasSubstr("nested too deeply")));
  EXPECT_THAT(FaultsOf("{\"rules\": " + std::string(500'000, '[')),
              ElementsAre(HasSubstr("nested too deeply")));
  std::string many = R"({"rules": {"a.B/M0": {"access": "PUBLIC"})";
  for (int i = 1; i <= 4096; ++i) {
    many += ",\"a.B/M" + std::to_string(i) + R"(": {"access": "PUBLIC"})";
  }
  EXPECT_THAT(FaultsOf(many + "}}"), ElementsAre(HasSubstr("at most 4096 entries")));
}

TEST(PolicyFile, ShowsNoControlCodesOfNamesInItsFaults) {
  for (const std::string& fault :
       FaultsOf(R"({"rules": {"a\u001b[31m\n\u202e": {"x\u0007": 1}}})")) {
    for (const char c : fault) EXPECT_TRUE(c >= ' ' && c <= '~') << fault;
  }
}

TEST(PolicyFile, TakesOnlyNamesThatAMethodMayHave) {
  for (const std::string good : {"B", "B/C", "a.b_1.B", "a.B/c", "*"}) {
    EXPECT_THAT(FaultsOf("{\"rules\": {\"" + good + "\": {\"access\": \"PUBLIC\"}}}"), SizeIs(0));
  }
  for (const std::string bad : {"", "/a.B/C", "a.B/", "a.B/C/D", ".B", "a..B", "a.B/*", "a.*",
                                "1a.B", "a.B/C ", "a-b.C", "**"}) {
    EXPECT_THAT(FaultsOf("{\"rules\": {\"" + bad + "\": {\"access\": \"PUBLIC\"}}}"),
                ElementsAre(HasSubstr("is no name")))
        << bad;
  }
}

}  // namespace
}  // namespace tokenforge::internal
