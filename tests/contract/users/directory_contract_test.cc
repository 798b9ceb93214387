// What administrators are promised of accounts, on both databases.
#include <soci/soci.h>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

#include "gmock/gmock.h"
#include "services/users/directory.h"
#include "services/users/directory_store_sql.h"
#include "services/users/store_errors.h"
#include "tests/contract/users/two_databases.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
namespace reasons = errors::reasons;

const auto kLastAdministrator = ReasonOf(LastAdministrator());

struct Event {
  std::string kind, user_id, actor;
  std::map<std::string, std::string> attributes;
};

class DirectoryContract : public TwoDatabases {
 protected:
  std::string Make(std::string_view email) { return Create(stores_, email)->user_id; }
  absl::StatusOr<Account> Grant(const std::string& id, std::vector<std::string> roles,
                                bool end_sessions = false) {
    return Wait(
        directory_.SetGrants(InAMinute(), {id, std::move(roles), {}, end_sessions}, origin_));
  }
  absl::StatusOr<Account> Disable(const std::string& id, bool disabled = true) {
    return Wait(directory_.SetDisabled(InAMinute(), id, disabled, "left the company", origin_));
  }
  absl::Status Delete(const std::string& id) {
    return Wait(directory_.Delete(InAMinute(), id, "asked for it", origin_));
  }
  absl::StatusOr<Account> Find(const std::string& id) {
    return Wait(stores_.accounts.FindById(InAMinute(), id));
  }
  absl::StatusOr<AccountPage> List(ListingForm form) {
    return Wait(directory_.List(InAMinute(), std::move(form)));
  }
  // Every page of a list, the ends of pages marked by nothing: only what is on them.
  std::vector<std::string> EmailsOf(ListingForm form) {
    std::vector<std::string> emails;
    for (;;) {
      const auto page = List(form);
      if (!page.ok()) return {page.status().ToString()};
      for (const Account& account : page->accounts) emails.push_back(account.email.text());
      if (page->next_page_token.empty()) return emails;
      form.page_token = page->next_page_token;
    }
  }
  // The audit events of an account but for its creation.
  std::vector<Event> EventsOf(const std::string& user_id) {
    std::vector<Event> events;
    auto read =
        [&](SqlSession& session) {
          std::string kind, actor, attributes;
          soci::statement select =
              (session.soci().prepare
                   << "select kind, actor, attributes from audit_events where "
                      "user_id = :id and kind <> 'account.created' order by sequence",
               soci::into(kind), soci::into(actor), soci::into(attributes), soci::use(user_id));
          for (bool more = select.execute(true); more; more = select.fetch()) {
            events.push_back({kind, user_id, actor, {{"json", attributes}}});
          }
          return absl::OkStatus();
        };
    EXPECT_TRUE(Wait(stores_.database.Run(InAMinute(), "Read", read)).ok());
    return events;
  }

  const Origin origin_{.actor = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b70"};
  fakes::FakeClock clock_;
  SqlStores stores_{url()};
  DirectoryStoreSql store_{stores_.database};
  Directory directory_{stores_.accounts, store_, clock_};
};

TEST_P(DirectoryContract, ListsEveryAccountOnceInOrderOfIds) {
  std::set<std::string> made;
  for (int i = 0; i < 25; ++i) made.insert(Make(Numbered(i)));
  std::vector<std::string> listed;
  ListingForm form{.page_size = 10};
  for (std::size_t left = 25; left > 0;) {
    const auto page = List(form);
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_THAT(page->accounts, SizeIs(std::min<std::size_t>(left, 10)));
    for (const Account& account : page->accounts) listed.push_back(account.user_id);
    left -= page->accounts.size();
    EXPECT_EQ(page->next_page_token.empty(), left == 0);
    form.page_token = page->next_page_token;
  }
  EXPECT_EQ(listed, std::vector<std::string>(made.begin(), made.end()));
}

TEST_P(DirectoryContract, EndsAListWhoseLastPageIsFull) {
  for (int i = 0; i < 4; ++i) Make(Numbered(i));
  const auto first = List({.page_size = 2});
  const auto second = List({.page_size = 2, .page_token = first->next_page_token});
  EXPECT_THAT(second->accounts, SizeIs(2));
  EXPECT_EQ(second->next_page_token, "");
  EXPECT_THAT(EmailsOf({}), SizeIs(4));
}

TEST_P(DirectoryContract, ListsByPrefixOfTheEmailInOrderOfEmails) {
  for (const char* email :
       {"ann@example.org", "ann.b@example.org", "anna@example.org", "ann@example.net",
        "bob@example.org", "ANNE@example.org", "an_n@example.org", "a%n@example.org"}) {
    Make(email);
  }
  EXPECT_THAT(EmailsOf({.page_size = 2, .email_prefix = "ANN"}),
              ElementsAre("ann.b@example.org", "ann@example.net", "ann@example.org",
                          "anna@example.org", "anne@example.org"));
  EXPECT_THAT(EmailsOf({.email_prefix = "ann@example.org"}), ElementsAre("ann@example.org"));
  EXPECT_THAT(EmailsOf({.email_prefix = "an_"}), ElementsAre("an_n@example.org"));
  EXPECT_THAT(EmailsOf({.email_prefix = "a%"}), ElementsAre("a%n@example.org"));
  EXPECT_THAT(EmailsOf({.email_prefix = "zed"}), IsEmpty());
}

TEST_P(DirectoryContract, GoesOnAfterAnAccountThatWasRemovedMeanwhile) {
  for (int i = 0; i < 6; ++i) Make(Numbered(i));
  const auto first = List({.page_size = 3, .email_prefix = "user"});
  ASSERT_TRUE(Delete(first->accounts.back().user_id).ok());
  const auto second =
      List({.page_size = 3, .page_token = first->next_page_token, .email_prefix = "user"});
  EXPECT_EQ(second->accounts.front().email.text(), Numbered(3));
  EXPECT_THAT(second->accounts, SizeIs(3));
}

TEST_P(DirectoryContract, RefusesAPageTokenOfAnotherListAndWhatIsNone) {
  for (int i = 0; i < 3; ++i) Make(Numbered(i));
  const std::string by_id = List({.page_size = 1})->next_page_token;
  const std::string by_email = List({.page_size = 1, .email_prefix = "user"})->next_page_token;
  const auto faults = [&](ListingForm form) {
    std::vector<std::string> fields;
    for (const auto& fault : errors::FaultsOf(List(std::move(form)).status())) {
      fields.push_back(fault.field);
    }
    return fields;
  };
  EXPECT_THAT(faults({.page_token = by_email}), ElementsAre("page_token"));
  EXPECT_THAT(faults({.page_token = by_id, .email_prefix = "user"}), ElementsAre("page_token"));
  EXPECT_THAT(faults({.page_token = by_email, .email_prefix = "user1"}), ElementsAre("page_token"));
  for (const std::string& wrong :
       {std::string("x"), by_id + "=", by_id.substr(1), std::string(2000, 'a'),
        std::string("aQ") /* "i" */, std::string("\0", 1)}) {
    EXPECT_THAT(faults({.page_token = wrong}), ElementsAre("page_token")) << wrong;
  }
  EXPECT_THAT(faults({.page_size = -1, .email_prefix = "an n"}),
              ElementsAre("page_size", "email_prefix"));
  EXPECT_THAT(faults({.email_prefix = "\xC3\xA4"}), ElementsAre("email_prefix"));
}

TEST_P(DirectoryContract, ChangesTheNamedFieldsOfAProfileAndTellsOfItOnce) {
  const std::string id = Make("ann@example.org");
  clock_.Advance(std::chrono::minutes(1));
  const ProfileChange change{.user_id = id, .given_name = "Ann"};
  const auto changed = Wait(directory_.UpdateProfile(InAMinute(), change, origin_));
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->given_name, "Ann");
  EXPECT_EQ(changed->family_name, MakeAccount(id, "ann@example.org").family_name);
  EXPECT_EQ(changed->update_time, clock_.Now());
  clock_.Advance(std::chrono::minutes(1));
  const auto again = Wait(directory_.UpdateProfile(InAMinute(), change, origin_));
  EXPECT_EQ(again->update_time, changed->update_time);
  ASSERT_THAT(EventsOf(id), SizeIs(1));
  EXPECT_EQ(EventsOf(id)[0].kind, "account.updated");
  EXPECT_EQ(EventsOf(id)[0].actor, origin_.actor);
  EXPECT_EQ(EventsOf(id)[0].attributes["json"], R"({"fields":"given_name"})");
}

TEST_P(DirectoryContract, RefusesAProfileWithEveryFaultOfIt) {
  const auto status = Wait(directory_.UpdateProfile(InAMinute(),
                                                    {.user_id = "X",
                                                     .given_name = std::string("A\0n", 3),
                                                     .family_name = std::string(101, 'a')},
                                                    origin_))
                          .status();
  EXPECT_THAT(errors::FaultsOf(status), SizeIs(3));
  EXPECT_EQ(
      ReasonOf(Wait(directory_.UpdateProfile(InAMinute(), {.user_id = uuid::NewId()}, origin_))
                   .status()),
      reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(Wait(directory_.UpdateProfile(
                              InAMinute(), {.user_id = uuid::NewId(), .given_name = "A"}, origin_))
                         .status()),
            reasons::NOT_FOUND);
}

TEST_P(DirectoryContract, ReplacesRolesAndScopesSortedAndTellsOfItOnce) {
  const std::string id = Make("ann@example.org");
  const Grants grants{id, {"user", "billing:read/eu", "user"}, {"notes.write", "a!"}, false};
  const auto changed = Wait(directory_.SetGrants(InAMinute(), grants, origin_));
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_THAT(changed->roles, ElementsAre("billing:read/eu", "user"));
  EXPECT_THAT(changed->scopes, ElementsAre("a!", "notes.write"));
  EXPECT_EQ(changed->sessions_valid_from, clock::WallTime());
  EXPECT_TRUE(Wait(directory_.SetGrants(InAMinute(), grants, origin_)).ok());
  ASSERT_THAT(EventsOf(id), SizeIs(1));
  EXPECT_EQ(EventsOf(id)[0].kind, "account.roles_changed");
  const auto none = Wait(directory_.SetGrants(InAMinute(), {id, {}, {}, true}, origin_));
  EXPECT_THAT(none->roles, IsEmpty());
  EXPECT_EQ(none->sessions_valid_from, clock_.Now());
  EXPECT_THAT(EventsOf(id), SizeIs(2));
}

TEST_P(DirectoryContract, RefusesRolesAndScopesThatAreNotSpelledLikeOnes) {
  const std::string id = Make("ann@example.org");
  for (const std::string& role : {std::string(""), std::string("Admin"), std::string("a b"),
                                  std::string(".a"), std::string(65, 'a'), std::string("a\0", 2),
                                  std::string("a\nb"), std::string("\xC3\xA4")}) {
    EXPECT_EQ(ReasonOf(Grant(id, {role}).status()), reasons::INVALID_FIELD) << role;
  }
  EXPECT_TRUE(Grant(id, {std::string(64, 'a')}).ok());
  for (const std::string& scope :
       {std::string(""), std::string("a b"), std::string("a\"b"), std::string("a\\b"),
        std::string(129, 'a'), std::string("\x7F")}) {
    EXPECT_EQ(
        ReasonOf(
            Wait(directory_.SetGrants(InAMinute(), {id, {}, {scope}, false}, origin_)).status()),
        reasons::INVALID_FIELD)
        << scope;
  }
  std::vector<std::string> many;
  for (int i = 0; i < 65; ++i) many.push_back("r" + std::to_string(i));
  EXPECT_EQ(ReasonOf(Grant(id, many).status()), reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(Grant(uuid::NewId(), {"user"}).status()), reasons::NOT_FOUND);
}

TEST_P(DirectoryContract, DisablesAndEnablesAndTellsOfEachOnce) {
  const std::string id = Make("ann@example.org");
  EXPECT_TRUE(Disable(id)->disabled);
  EXPECT_TRUE(Disable(id)->disabled);
  EXPECT_FALSE(Disable(id, false)->disabled);
  const auto events = EventsOf(id);
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].kind, "account.disabled");
  EXPECT_EQ(events[1].kind, "account.enabled");
  EXPECT_EQ(ReasonOf(Disable(uuid::NewId()).status()), reasons::NOT_FOUND);
}

TEST_P(DirectoryContract, DeletesAnAccountOnceAndLeavesItsAuditEvents) {
  const std::string id = Make("ann@example.org");
  ASSERT_TRUE(Delete(id).ok());
  EXPECT_EQ(ReasonOf(Find(id).status()), reasons::NOT_FOUND);
  ASSERT_TRUE(Delete(id).ok());
  const auto events = EventsOf(id);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, "account.deleted");
  EXPECT_NE(Make("ann@example.org"), id) << "the email is free, the ID is not";
  EXPECT_EQ(ReasonOf(Delete("no ID")), reasons::INVALID_FIELD);
}

TEST_P(DirectoryContract, KeepsTheLastAdministrator) {
  const std::string ann = Make("ann@example.org");
  const std::string bob = Make("bob@example.org");
  const std::string eve = Make("eve@example.org");
  ASSERT_TRUE(Grant(ann, {"admin", "user"}).ok());
  ASSERT_TRUE(Grant(bob, {"admin"}).ok());
  ASSERT_TRUE(Grant(eve, {"administrator", "not-admin"}).ok());
  ASSERT_TRUE(Disable(bob).ok());  // a disabled one helps nobody
  EXPECT_EQ(ReasonOf(Grant(ann, {"user"}).status()), kLastAdministrator);
  EXPECT_EQ(ReasonOf(Disable(ann).status()), kLastAdministrator);
  EXPECT_EQ(ReasonOf(Delete(ann)), kLastAdministrator);
  EXPECT_THAT(Find(ann)->roles, ElementsAre("admin", "user"));
  EXPECT_FALSE(Find(ann)->disabled);
  EXPECT_TRUE(Grant(ann, {"admin"}).ok()) << "who stays one may change";
  ASSERT_TRUE(Disable(bob, false).ok());
  EXPECT_TRUE(Delete(ann).ok());
  EXPECT_EQ(ReasonOf(Delete(bob)), kLastAdministrator);
}

// Without waiting for each other both would see the other as the one who remains.
TEST_P(DirectoryContract, KeepsTheLastOfTwoAdministratorsWhoRemoveEachOther) {
  const std::string ann = Make("ann@example.org");
  const std::string bob = Make("bob@example.org");
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(Grant(ann, {"admin"}).ok());
    ASSERT_TRUE(Grant(bob, {"admin"}).ok());
    auto one = std::async(std::launch::async, [&] { return Grant(ann, {}).status(); });
    const absl::Status two = Grant(bob, {}).status();
    const absl::Status other = one.get();
    EXPECT_NE(other.ok(), two.ok());
    EXPECT_EQ(ReasonOf(other.ok() ? two : other), kLastAdministrator);
  }
}

TEST_P(DirectoryContract, AppointsTheFirstAdministratorAndFurtherOnesOnlyWhenAsked) {
  const auto appoint = [&](const char* email, bool again, std::shared_ptr<const NewAccount> made) {
    return Wait(directory_.Appoint(InAMinute(), *CanonicalEmail::Parse(email), std::move(made),
                                   again, "root"));
  };
  EXPECT_EQ(ReasonOf(appoint("ann@example.org", false, nullptr).status()), reasons::NOT_FOUND);
  const auto made =
      std::make_shared<const NewAccount>(MakeAccount(uuid::NewId(), "ann@example.org"));
  const auto ann = appoint("ann@example.org", false, made);
  ASSERT_TRUE(ann.ok()) << ann.status();
  EXPECT_THAT(ann->roles, ElementsAre("admin"));
  ASSERT_THAT(EventsOf(ann->user_id), SizeIs(1));
  EXPECT_EQ(EventsOf(ann->user_id)[0].kind, "admin.bootstrapped");

  const std::string bob = Make("bob@example.org");
  ASSERT_TRUE(Grant(bob, {"auditor", "user"}).ok());
  ASSERT_TRUE(Disable(bob).ok());
  EXPECT_EQ(appoint("bob@example.org", false, nullptr).status().code(),
            absl::StatusCode::kFailedPrecondition);
  const auto second = appoint("bob@example.org", true, nullptr);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(second->roles, ElementsAre("admin", "auditor", "user"));
  EXPECT_FALSE(second->disabled);
  const std::size_t told = EventsOf(bob).size();
  EXPECT_TRUE(appoint("bob@example.org", true, nullptr).ok());
  EXPECT_THAT(EventsOf(bob), SizeIs(told));
}

INSTANTIATE_TEST_SUITE_P(Bodies, DirectoryContract, testing::ValuesIn(kTwoDatabases),
                         NameOfDatabase);

}  // namespace
}  // namespace tokenforge::users
