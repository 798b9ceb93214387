// What is seen of a theft: the line in the log, the count, the feed — and what is not: a token.
#include "services/sessions/theft_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/sync/mutex.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "tests/services/sessions/session_service_fixture.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
namespace reasons = errors::reasons;

// The lines that are logged while it lives.
class Lines {
 public:
  Lines() {
    telemetry::SetLogSink([this](telemetry::Level, std::string_view line) {
      const sync::MutexLock lock(&mutex_);
      lines_.emplace_back(line);
    });
  }
  ~Lines() { telemetry::SetLogSink({}); }
  // Those about thefts.
  std::vector<std::string> thefts() {
    const sync::MutexLock lock(&mutex_);
    std::vector<std::string> found;
    for (const std::string& line : lines_) {
      if (line.find("REFRESH_TOKEN_REUSED") != std::string::npos) found.push_back(line);
    }
    return found;
  }
  std::vector<std::string> all() {
    const sync::MutexLock lock(&mutex_);
    return lines_;
  }

 private:
  sync::Mutex mutex_;
  std::vector<std::string> lines_;
};

class TheftAuditTest : public SessionServiceTest {
 protected:
  std::string Refresh(const std::string& token) {
    v1::RotateRefreshTokenResponse response;
    EXPECT_TRUE(Rotate(token, &response).ok());
    return response.refresh_token().refresh_token();
  }
  absl::Status Steal(const std::string& token) {
    v1::RotateRefreshTokenRequest request;
    request.set_refresh_token(token);
    request.set_client_id("spiffe://example.test/app");
    request.mutable_device()->set_ip_address("198.51.100.66");
    request.mutable_device()->set_user_agent("thief/1.0");
    v1::RotateRefreshTokenResponse response;
    return Call(&v1::SessionService::Stub::RotateRefreshToken, request, &response);
  }
  static double Reused() {
    const std::string text = telemetry::ExposeText();
    const std::string name = "tokenforge_refreshes_total{result=\"reused\"} ";
    const size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size()));
  }

  Lines lines_;
};

TEST_F(TheftAuditTest, SaysWhoseSessionHowStaleFromWhereAndWhatEnded) {
  const v1::CreateSessionResponse created = Create(user_);
  Create(user_);
  const std::string first = created.refresh_token().refresh_token();
  Refresh(first);
  clock_.Advance(seconds(45));
  const absl::Status refused = Steal(first);
  EXPECT_EQ(errors::ReasonOf(refused), reasons::REFRESH_TOKEN_REUSED);
  ASSERT_THAT(lines_.thefts(), SizeIs(1));
  EXPECT_THAT(lines_.thefts()[0],
              AllOf(HasSubstr("\"level\":\"warning\""), HasSubstr("\"sub\":\"" + user_ + "\""),
                    HasSubstr("\"sid\":\"" + created.session().session_id() + "\""),
                    HasSubstr("\"generation_gap\":1,"), HasSubstr("\"age_ms\":45000,"),
                    HasSubstr("\"age_is_exact\":true"), HasSubstr("\"address\":\"198.51.100.66\""),
                    HasSubstr("\"user_agent\":\"thief/1.0\""),
                    HasSubstr("\"client\":\"spiffe://example.test/app\""),
                    HasSubstr("\"last_address\":\"2001:db8::1\""),
                    HasSubstr("\"ended\":\"every session of the user\""),
                    HasSubstr("\"sessions_ended\":2")));
  EXPECT_THAT(lines_.thefts()[0], HasSubstr("\"trace_id\":"));
  // And the façade, for its audit event; it hands none of it on.
  EXPECT_EQ(errors::FactsOf(refused), (errors::Facts{{"user_id", user_},
                                                     {"session_id", created.session().session_id()},
                                                     {"generation_gap", "1"},
                                                     {"age_ms", "45000"},
                                                     {"age_is_exact", "true"},
                                                     {"last_address", "2001:db8::1"},
                                                     {"ended", "user"},
                                                     {"sessions_ended", "2"}}));
}

TEST_F(TheftAuditTest, OfALongForgottenGenerationItSaysAtLeastHowOld) {
  std::string token = Create(user_).refresh_token().refresh_token();
  const std::string first = token;
  for (int i = 0; i < 4; ++i) {
    token = Refresh(token);
    clock_.Advance(minutes(10));
  }
  EXPECT_EQ(errors::ReasonOf(Steal(first)), reasons::REFRESH_TOKEN_REUSED);
  ASSERT_THAT(lines_.thefts(), SizeIs(1));
  EXPECT_THAT(lines_.thefts()[0],
              AllOf(HasSubstr("\"generation_gap\":4,"), HasSubstr("\"age_ms\":600000,"),
                    HasSubstr("\"age_is_exact\":false")));
}

TEST_F(TheftAuditTest, IsOneLineHoweverOftenTheThiefComesBack) {
  const std::string first = Create(user_).refresh_token().refresh_token();
  Refresh(first);
  clock_.Advance(minutes(1));
  EXPECT_EQ(errors::ReasonOf(Steal(first)), reasons::REFRESH_TOKEN_REUSED);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(errors::ReasonOf(Steal(first)), reasons::SESSION_ENDED);
  EXPECT_THAT(lines_.thefts(), SizeIs(1));
}

TEST_F(TheftAuditTest, NeitherTheLogNorTheAnswerHoldsATokenOrTellsWhatIsKnown) {
  const std::string first = Create(user_).refresh_token().refresh_token();
  const std::string second = Refresh(first);
  clock_.Advance(minutes(1));
  const absl::Status refused = Steal(first);
  EXPECT_EQ(refused.message(), "this refresh token was used before; log in again");
  for (const std::string& line : lines_.all()) {
    EXPECT_THAT(line, Not(HasSubstr("tfr_")));
    EXPECT_THAT(line, Not(HasSubstr(first.substr(4))));
    EXPECT_THAT(line, Not(HasSubstr(second.substr(4))));
  }
}

TEST_F(TheftAuditTest, IsCountedApart) {
  const double before = Reused();
  const std::string first = Create(user_).refresh_token().refresh_token();
  const std::string second = Refresh(first);
  Refresh(first);   // repeated
  Refresh(second);  // and now it is superseded
  EXPECT_EQ(ReasonOfRotating(first), reasons::REFRESH_TOKEN_SUPERSEDED);
  EXPECT_EQ(ReasonOfRotating("tfr_forged"), reasons::REFRESH_TOKEN_INVALID);
  EXPECT_EQ(Reused(), before);
  clock_.Advance(minutes(1));
  EXPECT_EQ(ReasonOfRotating(first), reasons::REFRESH_TOKEN_REUSED);
  EXPECT_EQ(Reused(), before + 1);
}

TEST_F(TheftAuditTest, NothingElseIsTakenForTheft) {
  const std::string first = Create(user_).refresh_token().refresh_token();
  const std::string second = Refresh(first);
  EXPECT_EQ(Refresh(first), second);
  Refresh(second);
  EXPECT_EQ(ReasonOfRotating(first), reasons::REFRESH_TOKEN_SUPERSEDED);
  store_.FailWith(reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(ReasonOfRotating(first), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(lines_.thefts(), IsEmpty());
}

TEST(TheftOfOneSession, SaysThatOnlyTheSessionEnded) {
  Policy policy;
  policy.reuse = ReusePolicy::kSession;
  const Time now(Span(1'800'000'000'000));
  const Presented token{uuid::Uuid::Random(), uuid::Uuid::Random(), 3, "", {}};
  Rotation rotation{Verdict::kReused, {}, {{Revocation::Kind::kSession, "", Time(), now}}};
  rotation.session.lineage = {now - minutes(9), 5, {now - minutes(3), now - minutes(2)}};
  const Theft theft = TheftOf(token, rotation, now, policy);
  EXPECT_EQ(theft.sessions_ended, 1);
  EXPECT_EQ(theft.staleness, (Staleness{2, minutes(3), true}));
  Lines lines;
  Audit(theft, telemetry::TraceContext::New());
  EXPECT_THAT(lines.thefts(), Contains(HasSubstr("\"ended\":\"the session\"")));
}

}  // namespace
}  // namespace tokenforge::sessions
