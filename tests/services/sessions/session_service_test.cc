// Every method of the service, what it answers and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/services/sessions/session_service_fixture.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
namespace reasons = errors::reasons;

TEST_F(SessionServiceTest, CreatesASessionWithItsFirstToken) {
  const v1::CreateSessionResponse created = Create(user_);
  EXPECT_TRUE(uuid::IsCanonical(created.session().session_id()));
  EXPECT_EQ(created.session().user_id(), user_);
  EXPECT_EQ(created.session().device().name(), "phone");
  EXPECT_EQ(created.session().amr(0), "pwd");
  EXPECT_EQ(created.session().create_time().seconds(), 1'800'000'000);
  EXPECT_EQ(created.session().expire_time().seconds(), 1'800'000'000 + 7 * 86400);
  EXPECT_EQ(created.refresh_token().expire_time().seconds(), 1'800'000'000 + 7 * 86400);
  EXPECT_THAT(created.refresh_token().refresh_token(), StartsWith("tfr_"));
  EXPECT_NE(Create(user_).session().session_id(), created.session().session_id());
}

TEST_F(SessionServiceTest, RotatesRepeatsAndRefuses) {
  const std::string first = Create(user_).refresh_token().refresh_token();
  v1::RotateRefreshTokenResponse second;
  ASSERT_TRUE(Rotate(first, &second).ok());
  EXPECT_FALSE(second.repeated_answer());
  EXPECT_NE(second.refresh_token().refresh_token(), first);
  v1::RotateRefreshTokenResponse again;
  ASSERT_TRUE(Rotate(first, &again).ok());
  EXPECT_TRUE(again.repeated_answer());
  EXPECT_EQ(again.refresh_token().refresh_token(), second.refresh_token().refresh_token());
  v1::RotateRefreshTokenResponse third;
  ASSERT_TRUE(Rotate(second.refresh_token().refresh_token(), &third).ok());
  EXPECT_EQ(ReasonOfRotating(first), reasons::REFRESH_TOKEN_SUPERSEDED);
  clock_.Advance(seconds(30));
  EXPECT_EQ(ReasonOfRotating(first), reasons::REFRESH_TOKEN_REUSED);
  EXPECT_EQ(ReasonOfRotating(third.refresh_token().refresh_token()), reasons::SESSION_ENDED);
  EXPECT_THAT(List(user_).sessions(), IsEmpty());
}

TEST_F(SessionServiceTest, RefusesAForgedTokenWithoutAskingTheStore) {
  Create(user_);
  store_.FailWith(reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(ReasonOfRotating("tfr_forged"), reasons::REFRESH_TOKEN_INVALID);
  EXPECT_EQ(ReasonOfRotating(""), reasons::REFRESH_TOKEN_INVALID);
}

TEST_F(SessionServiceTest, AStoreThatIsAwayIsNoTheft) {
  const std::string first = Create(user_).refresh_token().refresh_token();
  store_.FailWith(reasons::DEPENDENCY_DOWN);
  v1::RotateRefreshTokenResponse response;
  const absl::Status away = Rotate(first, &response);
  EXPECT_EQ(errors::ReasonOf(away), reasons::DEPENDENCY_DOWN);
  EXPECT_TRUE(errors::RetryAfterOf(away).has_value());
  store_.FailWith(std::nullopt);
  EXPECT_TRUE(Rotate(first, &response).ok());
}

TEST_F(SessionServiceTest, AnotherClientIsToldNothingAndChangesNothing) {
  const std::string first = Create(user_).refresh_token().refresh_token();
  v1::RotateRefreshTokenResponse response;
  EXPECT_EQ(errors::ReasonOf(Rotate(first, &response, "spiffe://example.test/thief")),
            reasons::REFRESH_TOKEN_INVALID);
  EXPECT_TRUE(Rotate(first, &response).ok());
  EXPECT_FALSE(response.repeated_answer());
}

TEST_F(SessionServiceTest, ListsInPages) {
  std::vector<std::string> newest_first;
  for (int i = 0; i < 5; ++i) {
    newest_first.insert(newest_first.begin(), Create(user_).session().session_id());
    clock_.Advance(seconds(i % 2));  // some in the same instant
  }
  std::vector<std::string> listed;
  std::string page;
  int pages = 0;
  do {
    const v1::ListSessionsResponse response = List(user_, 2, page);
    for (const v1::Session& each : response.sessions()) listed.push_back(each.session_id());
    page = response.next_page_token();
    ++pages;
  } while (!page.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(listed, ::testing::UnorderedElementsAreArray(newest_first));
  EXPECT_EQ(List(user_, 1000).sessions_size(), 5);
}

TEST_F(SessionServiceTest, GetsASessionOfTheUserOnly) {
  const v1::CreateSessionResponse created = Create(user_);
  v1::GetSessionRequest request;
  request.set_user_id(user_);
  request.set_session_id(created.session().session_id());
  v1::GetSessionResponse response;
  ASSERT_TRUE(Call(&v1::SessionService::Stub::GetSession, request, &response).ok());
  EXPECT_EQ(response.session().client_id(), "spiffe://example.test/app");
  request.set_user_id(uuid::NewId());
  EXPECT_EQ(errors::ReasonOf(Call(&v1::SessionService::Stub::GetSession, request, &response)),
            reasons::NOT_FOUND);
}

TEST_F(SessionServiceTest, RevokesOnceAndSaysSo) {
  const v1::CreateSessionResponse created = Create(user_);
  v1::RevokeSessionRequest request;
  request.set_user_id(user_);
  request.set_session_id(created.session().session_id());
  v1::RevokeSessionResponse response;
  ASSERT_TRUE(Call(&v1::SessionService::Stub::RevokeSession, request, &response).ok());
  EXPECT_TRUE(response.existed());
  ASSERT_THAT(response.revocations(), SizeIs(1));
  EXPECT_EQ(response.revocations(0).session_id(), created.session().session_id());
  EXPECT_GT(response.revocations(0).end_time().seconds(), 1'800'000'000 + 15 * 60 + 30);
  ASSERT_TRUE(Call(&v1::SessionService::Stub::RevokeSession, request, &response).ok());
  EXPECT_FALSE(response.existed());
}

TEST_F(SessionServiceTest, RevokesAllOrAllButOne) {
  const std::string kept = Create(user_).session().session_id();
  Create(user_);
  Create(user_);
  v1::RevokeUserSessionsRequest request;
  request.set_user_id(user_);
  request.set_except_session_id(kept);
  v1::RevokeUserSessionsResponse response;
  ASSERT_TRUE(Call(&v1::SessionService::Stub::RevokeUserSessions, request, &response).ok());
  EXPECT_EQ(response.sessions_ended(), 2);
  EXPECT_THAT(List(user_).sessions(), SizeIs(1));
  request.clear_except_session_id();
  ASSERT_TRUE(Call(&v1::SessionService::Stub::RevokeUserSessions, request, &response).ok());
  EXPECT_EQ(response.sessions_ended(), 1);
  ASSERT_THAT(response.revocations(), SizeIs(2));
  EXPECT_EQ(response.revocations(1).user_tokens().user_id(), user_);
  EXPECT_EQ(response.revocations(1).user_tokens().issued_before().seconds(), 1'800'000'000);
}

TEST_F(SessionServiceTest, EndsEverybodysSessionsAndSaysUpToWhen) {
  const std::string token = Create(user_).refresh_token().refresh_token();
  const std::string others = Create(uuid::NewId()).refresh_token().refresh_token();
  clock_.Advance(std::chrono::milliseconds(1500));
  v1::EndAllSessionsRequest request;
  request.set_reason("the store was read");
  v1::EndAllSessionsResponse response;
  ASSERT_TRUE(Call(&v1::SessionService::Stub::EndAllSessions, request, &response).ok());
  EXPECT_EQ(response.end_time().seconds(), 1'800'000'001);
  EXPECT_EQ(response.end_time().nanos(), 500'000'000);
  EXPECT_EQ(ReasonOfRotating(token), reasons::SESSION_ENDED);
  EXPECT_EQ(ReasonOfRotating(others), reasons::SESSION_ENDED);
  EXPECT_THAT(List(user_).sessions(), IsEmpty());
  clock_.Advance(std::chrono::milliseconds(1));
  v1::RotateRefreshTokenResponse rotated;
  EXPECT_TRUE(Rotate(Create(user_).refresh_token().refresh_token(), &rotated).ok());
}

TEST_F(SessionServiceTest, EndsNobodysSessionsWhenItCannotOrIsAskedWrongly) {
  const std::string token = Create(user_).refresh_token().refresh_token();
  v1::EndAllSessionsRequest request;
  v1::EndAllSessionsResponse response;
  request.set_reason(std::string(201, 'x'));
  EXPECT_EQ(errors::ReasonOf(Call(&v1::SessionService::Stub::EndAllSessions, request, &response)),
            reasons::INVALID_FIELD);
  request.set_reason(std::string(200, 'x'));
  store_.FailWith(reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(errors::ReasonOf(Call(&v1::SessionService::Stub::EndAllSessions, request, &response)),
            reasons::DEPENDENCY_DOWN);
  store_.FailWith(std::nullopt);
  v1::RotateRefreshTokenResponse rotated;
  EXPECT_TRUE(Rotate(token, &rotated).ok());
}

TEST_F(SessionServiceTest, RevokesAnAccessTokenForAsLongAsItLives) {
  v1::RevokeAccessTokenRequest request;
  request.set_user_id(user_);
  request.set_jti("a-jti");
  request.mutable_expire_time()->set_seconds(1'800'000'000 + 60);
  v1::RevokeAccessTokenResponse response;
  const auto revoke = [&] {
    return Call(&v1::SessionService::Stub::RevokeAccessToken, request, &response);
  };
  ASSERT_TRUE(revoke().ok());
  ASSERT_THAT(response.revocations(), SizeIs(1));
  EXPECT_EQ(response.revocations(0).jti(), "a-jti");
  EXPECT_EQ(response.revocations(0).end_time().seconds(), 1'800'000'000 + 90);
  clock_.Advance(minutes(2));
  ASSERT_TRUE(revoke().ok());
  EXPECT_THAT(response.revocations(), IsEmpty()) << "it has expired everywhere";
  request.mutable_expire_time()->set_seconds(1'900'000'000);
  EXPECT_EQ(errors::ReasonOf(revoke()), reasons::INVALID_FIELD);
}

TEST_F(SessionServiceTest, NamesEveryFaultOfARequestAtOnceAndStoresNothing) {
  v1::CreateSessionRequest request;
  request.set_user_id("NOT-A-UUID");
  request.mutable_device()->set_name(std::string(101, 'x'));
  request.mutable_device()->set_user_agent(std::string(401, 'x'));
  request.mutable_device()->set_ip_address("here");
  request.add_amr(std::string(33, 'x'));
  request.set_client_id("two words");
  v1::CreateSessionResponse response;
  const absl::Status refused = Call(&v1::SessionService::Stub::CreateSession, request, &response);
  EXPECT_EQ(errors::ReasonOf(refused), reasons::INVALID_FIELD);
  EXPECT_THAT(errors::FaultsOf(refused), SizeIs(6));

  v1::ListSessionsRequest list;
  list.set_user_id("");
  list.set_page_size(-1);
  list.set_page_token("nonsense");
  v1::ListSessionsResponse listed;
  EXPECT_THAT(errors::FaultsOf(Call(&v1::SessionService::Stub::ListSessions, list, &listed)),
              SizeIs(3));

  v1::RevokeAccessTokenRequest token;
  token.set_jti("");
  v1::RevokeAccessTokenResponse revoked;
  EXPECT_THAT(errors::FaultsOf(Call(&v1::SessionService::Stub::RevokeAccessToken, token, &revoked)),
              SizeIs(3));
}

TEST_F(SessionServiceTest, LimitsCountCharactersAndNotBytes) {
  v1::CreateSessionRequest request;
  request.set_user_id(user_);
  std::string name;
  for (int i = 0; i < 100; ++i) name += "\xf0\x9f\x94\x91";
  request.mutable_device()->set_name(name);
  v1::CreateSessionResponse response;
  ASSERT_TRUE(Call(&v1::SessionService::Stub::CreateSession, request, &response).ok());
  EXPECT_EQ(response.session().device().name(), name);
}

}  // namespace
}  // namespace tokenforge::sessions
