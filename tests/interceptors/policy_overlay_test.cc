// What a policy file does to the rules of the protos, and when it counts as loosening them.
#include "interceptors/policy_overlay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokenforge::internal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Access = AccessRule::Access;

AccessRule Authenticated() {
  AccessRule rule;
  rule.access = Access::kAuthenticated;
  return rule;
}

AccessRule Public() {
  AccessRule rule;
  rule.access = Access::kPublic;
  return rule;
}

AccessRule Roles(std::vector<std::string> roles) {
  AccessRule rule;
  rule.any_role = std::move(roles);
  return rule;
}

AccessRule Peers(std::vector<std::string> peers) {
  AccessRule rule;
  rule.peers = std::move(peers);
  return rule;
}

const PolicySetting kSetting = {"example.org", {"notes"}, std::chrono::hours(24)};

std::vector<std::string> Looser(const AccessRule& before, const AccessRule& now) {
  return LooserThan(before, now, kSetting);
}

TEST(LooserThan, ARuleIsNotLooserThanItself) {
  AccessRule all = Roles({"a", "b"});
  all.all_scopes = {"s"};
  all.peers = {"/web", "/jobs/*"};
  all.audience = "billing";
  all.fresh = true;
  all.max_stale = std::chrono::seconds(60);
  for (const AccessRule& rule : {all, Public(), Authenticated(), Peers({"/jobs/**"})}) {
    EXPECT_THAT(Looser(rule, rule), IsEmpty()) << Describe(rule);
  }
}

TEST(LooserThan, TighteningIsNotLoosening) {
  EXPECT_THAT(Looser(Public(), Authenticated()), IsEmpty());
  EXPECT_THAT(Looser(Public(), Peers({"/web"})), IsEmpty());
  EXPECT_THAT(Looser(Authenticated(), Roles({"admin"})), IsEmpty());
  EXPECT_THAT(Looser(Roles({"admin", "root"}), Roles({"root"})), IsEmpty());
  AccessRule strict = Authenticated();
  strict.all_scopes = {"read", "write"};
  strict.fresh = true;
  strict.peers = {"/web"};
  strict.audience = "notes";
  strict.max_stale = std::chrono::seconds(1);
  EXPECT_THAT(Looser(Authenticated(), strict), IsEmpty());
}

TEST(LooserThan, NamesEachWayInWhichMorePeoplePass) {
  EXPECT_THAT(Looser(Authenticated(), Public()), ElementsAre(HasSubstr("no token")));
  EXPECT_THAT(Looser(Authenticated(), Peers({"/web"})), ElementsAre(HasSubstr("no token")));
  EXPECT_THAT(Looser(Roles({"admin"}), Authenticated()), ElementsAre(HasSubstr("no role")));
  EXPECT_THAT(Looser(Roles({"admin"}), Roles({"admin", "ops", "dev"})),
              ElementsAre(HasSubstr("roles ops, dev")));
  AccessRule scoped = Authenticated();
  scoped.all_scopes = {"read", "write"};
  AccessRule half = Authenticated();
  half.all_scopes = {"read"};
  EXPECT_THAT(Looser(scoped, half), ElementsAre(HasSubstr("scopes write")));
  AccessRule fresh = Authenticated();
  fresh.fresh = true;
  EXPECT_THAT(Looser(fresh, Authenticated()), ElementsAre(HasSubstr("fresh")));
  AccessRule everything = scoped;
  everything.any_role = {"admin"};
  everything.fresh = true;
  everything.peers = {"/web"};
  EXPECT_THAT(Looser(everything, Authenticated()), SizeIs(4));
}

TEST(LooserThan, ComparesAgesWithTheServersOwnBound) {
  const auto aged = [](int hours) {
    AccessRule rule = Authenticated();
    rule.max_stale = std::chrono::hours(hours);
    return rule;
  };
  EXPECT_THAT(Looser(Authenticated(), aged(24)), IsEmpty());
  EXPECT_THAT(Looser(Authenticated(), aged(1)), IsEmpty());
  EXPECT_THAT(Looser(Authenticated(), aged(25)), SizeIs(1));
  EXPECT_THAT(Looser(Authenticated(), aged(0)), SizeIs(1)) << "0 is any age";
  EXPECT_THAT(Looser(aged(0), aged(1)), IsEmpty());
  EXPECT_THAT(Looser(aged(1), Authenticated()), SizeIs(1));
}

TEST(LooserThan, ComparesAudiencesWithTheServersOwn) {
  const auto meant_for = [](const char* audience) {
    AccessRule rule = Authenticated();
    rule.audience = audience;
    return rule;
  };
  EXPECT_THAT(Looser(Authenticated(), meant_for("notes")), IsEmpty());
  EXPECT_THAT(Looser(Authenticated(), meant_for("billing")), ElementsAre(HasSubstr("billing")));
  EXPECT_THAT(Looser(meant_for("billing"), Authenticated()), ElementsAre(HasSubstr("notes")));
}

TEST(LooserThan, ComparesPeersAsPatterns) {
  EXPECT_THAT(Looser(Peers({"/jobs/*"}), Peers({"/jobs/nightly"})), IsEmpty());
  EXPECT_THAT(Looser(Peers({"/web"}), Peers({"spiffe://example.org/web"})), IsEmpty());
  EXPECT_THAT(Looser(Peers({"/web"}), Peers({"spiffe://example.com/web"})), SizeIs(1));
  EXPECT_THAT(Looser(Peers({"/web"}), Peers({"/web", "/jobs"})), ElementsAre(HasSubstr("/jobs")));
  EXPECT_THAT(Looser(Peers({"/jobs/nightly"}), Peers({"/jobs/*"})), SizeIs(1));
  EXPECT_THAT(Looser(Peers({"/web"}), Authenticated()), ElementsAre(HasSubstr("any peer")));
}

TEST(Describe, WritesARuleInOneLine) {
  AccessRule rule = Roles({"admin", "root"});
  rule.peers = {"/web"};
  rule.fresh = true;
  rule.max_stale = std::chrono::seconds(60);
  EXPECT_EQ(Describe(rule),
            "AUTHENTICATED, any_role: admin, root, peers: /web, fresh, max_stale: 60 s");
  EXPECT_EQ(Describe(Public()), "PUBLIC");
}

// Two services: A/Own has a rule of its own, A/Default and B/Only their service's default.
class Overlay : public ::testing::Test {
 protected:
  Overlay() {
    base_.methods = {{"p.A/Own", {Roles({"admin"}), true}},
                     {"p.A/Default", {Authenticated(), false}},
                     {"p.B/Own", {Authenticated(), true}}};
  }
  Policy Lay(const std::string& rules) {
    const auto file = ParsePolicyFile("{\"rules\": {" + rules + "}}");
    EXPECT_TRUE(file.ok()) << file.status();
    std::vector<errors::FieldFault> faults;
    Policy policy = LayOver(base_, *file, kSetting, faults);
    faults_.clear();
    for (const auto& fault : faults) faults_.push_back(fault.field + ": " + fault.description);
    return policy;
  }
  PolicyBase base_;
  std::vector<std::string> faults_;
};

TEST_F(Overlay, WithoutEntriesTheProtosRulesAreInForce) {
  const Policy policy = Lay("");
  EXPECT_THAT(faults_, IsEmpty());
  EXPECT_THAT(policy.rules, ElementsAre(Roles({"admin"}), Authenticated(), Authenticated()));
  EXPECT_THAT(policy.overrides, IsEmpty());
}

TEST_F(Overlay, AnEntryForAMethodReplacesItsRuleAsAWhole) {
  const Policy policy =
      Lay(R"("p.A/Own": {"peers": ["/web"], "loosens_because": "no user there"})");
  EXPECT_THAT(faults_, IsEmpty());
  EXPECT_THAT(policy.rules, ElementsAre(Peers({"/web"}), Authenticated(), Authenticated()));
  ASSERT_THAT(policy.overrides, SizeIs(1));
  EXPECT_EQ(policy.overrides[0].method, "p.A/Own");
  EXPECT_EQ(policy.overrides[0].before, Roles({"admin"}));
  EXPECT_THAT(policy.overrides[0].looser, ElementsAre(HasSubstr("no token")));
  EXPECT_EQ(policy.overrides[0].because, "no user there");
}

TEST_F(Overlay, AnEntryForAServiceReplacesItsDefaultOnly) {
  const Policy policy = Lay(R"("p.A": {"any_role": ["staff"]})");
  EXPECT_THAT(faults_, IsEmpty());
  EXPECT_THAT(policy.rules, ElementsAre(Roles({"admin"}), Roles({"staff"}), Authenticated()));
}

TEST_F(Overlay, AMethodsEntryComesBeforeItsServices) {
  const Policy policy =
      Lay(R"("p.A": {"any_role": ["staff"]}, "p.A/Default": {"any_role": ["chief"]})");
  EXPECT_THAT(policy.rules[1].any_role, ElementsAre("chief"));
  EXPECT_THAT(faults_, ElementsAre(HasSubstr("would change nothing")));
}

TEST_F(Overlay, NamesThatAreNobodysAreFaults) {
  Lay(R"("p.A/Gone": {"access": "PUBLIC"}, "p.C": {"access": "PUBLIC"}, "p.C/X": {"access":
      "PUBLIC"}, "*": {"access": "PUBLIC"}, "p.B": {"any_role": ["x"]})");
  EXPECT_THAT(faults_,
              ElementsAre(HasSubstr("there is none"), HasSubstr("names no method of its"),
                          AllOf(HasSubstr("\"p.B\""), HasSubstr("would change nothing")),
                          AllOf(HasSubstr("\"p.C\""), HasSubstr("names no method of a")),
                          AllOf(HasSubstr("\"p.C/X\""), HasSubstr("names no method of a"))));
}

TEST_F(Overlay, LooseningWithoutAReasonIsAFaultThatSaysWhatIsLooser) {
  Lay(R"("p.A/Own": {"any_role": ["admin", "dev"]}, "p.B/Own": {"access": "PUBLIC"})");
  EXPECT_THAT(faults_,
              ElementsAre(AllOf(HasSubstr("line 1, rules.\"p.A/Own\""), HasSubstr("the roles dev"),
                                HasSubstr("loosens_because")),
                          AllOf(HasSubstr("rules.\"p.B/Own\""), HasSubstr("no token is needed"))));
}

TEST_F(Overlay, AMethodWithoutARuleStaysAFaultWhateverTheFileSays) {
  base_.methods.push_back({"p.B/Bare", {}});
  Lay(R"("p.B/Bare": {"any_role": ["admin"]})");
  EXPECT_THAT(faults_, ElementsAre(HasSubstr("p.B/Bare: has no rule")));
}

TEST_F(Overlay, GenericRulesComeFromOptionsAndFile) {
  base_.has_generic = true;
  base_.generic = {{"*", Roles({"admin"})}, {"q.S", Authenticated()}};
  Policy policy = Lay(R"("q.S/M": {"any_role": ["m"]}, "r.T": {"any_role": ["admin"]})");
  EXPECT_THAT(faults_, IsEmpty());
  EXPECT_THAT(policy.generic, SizeIs(4));
  EXPECT_EQ(policy.generic.at("q.S/M"), Roles({"m"}));
  Lay(R"("q.S/M": {"access": "PUBLIC"}, "r.T": {"access": "AUTHENTICATED"})");
  EXPECT_THAT(faults_, ElementsAre(HasSubstr("no token"), HasSubstr("no role")))
      << "each against what would have been in force";
}

}  // namespace
}  // namespace tokenforge::internal
