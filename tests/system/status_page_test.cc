// The status page of four real processes: who sees it, what it shows, and what it does when
// services are away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "absl/strings/escaping.h"
#include "tests/lib/operators/http_client.h"
#include "tests/system/facade_client.h"
#include "tests/system/status_token.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class StatusPage : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    token_ = new StatusToken;
    SuiteOptions options;
    options.flags["auth"] = {token_->flag()};
    suite_ = new Suite(std::move(options));
    suite_->Start();
  }
  static void TearDownTestSuite() {
    delete suite_;
    delete token_;
  }

  static std::string Page(const std::string& password = StatusToken::text()) {
    const std::string proof = absl::Base64Escape("operator:" + password);
    return operators::Get(suite_->operators_port("auth"), "/status",
                          "Authorization: Basic " + proof + "\r\n");
  }
  // Until the page shows the text; the page then, or the last one after two minutes.
  static std::string PageWith(const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + seconds(120);
    std::string page = Page();
    while (page.find(text) == std::string::npos && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      page = Page();
    }
    return page;
  }

  static StatusToken* token_;
  static Suite* suite_;
};

StatusToken* StatusPage::token_ = nullptr;
Suite* StatusPage::suite_ = nullptr;

TEST_F(StatusPage, IsForThoseWithTheToken) {
  EXPECT_THAT(Suite::HttpGet(suite_->operators_port("auth"), "/status"),
              AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Basic"),
                    Not(HasSubstr("<html"))));
  EXPECT_THAT(Page("q8Zt2mYw0VbL5rXc9sKe7uGh3dJf6nPb"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(Page(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Suite::HttpGet(suite_->operators_port("keys"), "/status"),
              StartsWith("HTTP/1.1 404 "))
      << "a service without such a page";
}

TEST_F(StatusPage, ShowsWhatPeopleDoAndNotWhoTheyAre) {
  const FacadeClient client(suite_->Connect("auth"));
  const std::string email = FreshEmail();
  const auto registered = client.Register(email, kPassword);
  ASSERT_TRUE(registered.ok()) << registered.status();
  EXPECT_FALSE(client.Login(email, "another staple of horses").ok());
  const auto login = client.Login(email, kPassword);
  ASSERT_TRUE(login.ok()) << login.status();
  ASSERT_TRUE(client.Refresh(login->tokens().refresh_token()).ok());
  const std::string user = registered->user().user_id();

  const std::string page = PageWith("In the last hour 1 succeeded, 1 refused, 0 failed");
  EXPECT_THAT(page, HasSubstr("In the last hour 1 succeeded, 1 refused, 0 failed"));
  EXPECT_THAT(page, HasSubstr("In the last hour 2 started")) << "one by the registration";
  const std::string events = PageWith("login.succeeded");
  EXPECT_THAT(events, AllOf(HasSubstr("login.failed"), HasSubstr("invalid_credentials"),
                            HasSubstr("user …" + user.substr(user.size() - 8))));
  for (const std::string& secret :
       {email, user, std::string("127.0.0.1"), login->tokens().refresh_token(),
        login->tokens().access_token(), std::string(kPassword), std::string(StatusToken::text())}) {
    EXPECT_THAT(events, Not(HasSubstr(secret)));
  }
}

TEST_F(StatusPage, ComesAtOnceWhileServicesHangOrAreGoneAndSaysWhichAndSinceWhen) {
  EXPECT_THAT(PageWith("all is well"), HasSubstr("all is well"));
  suite_->process("users").Kill(SIGKILL);
  ASSERT_TRUE(suite_->process("users").WaitForEnd(seconds(60)));
  suite_->process("keys").Kill(SIGSTOP);
  const std::string page = PageWith("signing keys cannot be read since");
  EXPECT_THAT(page, HasSubstr("signing keys cannot be read since"));
  EXPECT_THAT(page, HasSubstr("<span class=\"badge good\">active</span>")) << "its last word";
  EXPECT_THAT(PageWith("there is no connection to users"), HasSubstr("needs a look"));
  EXPECT_THAT(PageWith("the audit log cannot be read since"), HasSubstr("(DEPENDENCY_DOWN)"));

  suite_->process("keys").Kill(SIGCONT);
  suite_->StartProcess("users");
  ASSERT_TRUE(suite_->WaitReady("users", seconds(60)));
  EXPECT_THAT(PageWith("all is well"), HasSubstr("all is well"));
}

TEST(StatusPageWithoutAToken, IsNotThere) {
  Suite suite;
  suite.Start();
  EXPECT_THAT(Suite::HttpGet(suite.operators_port("auth"), "/status"), StartsWith("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace tokenforge::systemtest
