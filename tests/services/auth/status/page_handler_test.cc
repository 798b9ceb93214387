#include "services/auth/status/page_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"

namespace tokenforge::auth::status {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "q8Zt2mYw0VbL5rXc9sKe7uGh3dJf6nPa";

Access AccessOfToken() {
  const std::string path = testing::TempDir() + "page-token-" + std::to_string(getpid());
  std::ofstream(path) << kToken;
  chmod(path.c_str(), 0600);
  absl::StatusOr<Access> access = Access::FromFile(path);
  std::remove(path.c_str());
  return std::move(access).value();
}

std::string HeaderOf(const operators::HttpResponse& response, const std::string& name) {
  const auto found =
      std::ranges::find(response.headers, name, &operators::HttpHeaders::value_type::first);
  return found == response.headers.end() ? "" : found->second;
}

class PageHandlerTest : public testing::Test {
 protected:
  operators::HttpResponse Get(const std::string& proof) {
    operators::HttpRequest request{.path = "/status"};
    if (!proof.empty()) request.headers = {{"authorization", proof}};
    return handler_(request);
  }
  operators::HttpResponse GetWithToken() {
    return Get("Basic " + std::string(absl::Base64Escape(std::string("me:") + kToken)));
  }

  const std::shared_ptr<Board> board_ = std::make_shared<Board>(Facts());
  const operators::HttpHandler handler_ = PageHandler(board_, AccessOfToken());
};

TEST_F(PageHandlerTest, WhoeverHasNoTokenIsToldHowToGiveOneAndNothingElse) {
  for (const std::string& proof : {std::string(), std::string("Basic bWU6d3Jvbmc=")}) {
    const operators::HttpResponse refused = Get(proof);
    EXPECT_EQ(refused.status, 401);
    EXPECT_THAT(HeaderOf(refused, "WWW-Authenticate"), HasSubstr("Basic realm="));
    EXPECT_EQ(HeaderOf(refused, "Cache-Control"), "no-store");
    EXPECT_THAT(refused.body, AllOf(Not(HasSubstr("<")), Not(HasSubstr(kToken))));
  }
}

TEST_F(PageHandlerTest, TellsTheBrowserToAllowNothing) {
  const operators::HttpResponse page = GetWithToken();
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(HeaderOf(page, "Content-Type"), "text/html; charset=utf-8");
  const std::string policy = HeaderOf(page, "Content-Security-Policy");
  EXPECT_THAT(policy, AllOf(HasSubstr("default-src 'none';"), HasSubstr("frame-ancestors 'none'"),
                            HasSubstr("base-uri 'none'"), HasSubstr("form-action 'none'"),
                            Not(HasSubstr("unsafe")), Not(HasSubstr("script-src"))));
  EXPECT_EQ(HeaderOf(page, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(HeaderOf(page, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(HeaderOf(page, "X-Frame-Options"), "DENY");
  EXPECT_EQ(HeaderOf(page, "Cache-Control"), "no-store");
}

TEST_F(PageHandlerTest, ThePolicyAllowsTheStylesheetThatIsInThePage) {
  const operators::HttpResponse page = GetWithToken();
  const std::size_t begin = page.body.find("<style>") + 7;
  const std::string sheet = page.body.substr(begin, page.body.find("</style>") - begin);
  const secret::Digest digest = secret::Sha256(sheet);
  const std::string_view bytes = secret::AsBytes(digest);
  EXPECT_THAT(HeaderOf(page, "Content-Security-Policy"),
              HasSubstr("style-src 'sha256-" +
                        std::string(absl::Base64Escape({bytes.data(), bytes.size()})) + "'"));
}

TEST_F(PageHandlerTest, ShowsTheBoardAsItIsNow) {
  EXPECT_THAT(GetWithToken().body, HasSubstr("this replica is not ready"));
  board_->Change([](Facts& facts) { facts.stopped = true; });
  EXPECT_THAT(GetWithToken().body, HasSubstr("this replica is going"));
}

}  // namespace
}  // namespace tokenforge::auth::status
