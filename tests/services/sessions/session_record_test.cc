#include "services/sessions/session_record.h"

#include <gtest/gtest.h>

#include "lib/errors/errors.h"

namespace tokenforge::sessions {
namespace {

Session SessionOf(uuid::Uuid user) {
  Session session;
  session.user = user;
  session.id = uuid::Uuid::Random();
  session.lineage = {Time(Span(1'800'000'000'123)),
                     70'000,
                     {Time(Span(1'800'000'100'000)), Time(Span(1'800'000'200'000))}};
  session.client = "spiffe://example.test/app";
  session.device = {std::string("a\0b\r\n{}", 7), std::string(1600, '\xff'), "::1"};
  session.amr = {"pwd", "otp"};
  return session;
}

TEST(SessionRecord, SaysAgainWhatWasPutIn) {
  const uuid::Uuid user = uuid::Uuid::Random();
  const Session one = SessionOf(user);
  Session bare;
  bare.user = user;
  const std::string value =
      std::string(1, kRecordsVersion) + EncodeRecord(one) + EncodeRecord(bare);
  const auto sessions = DecodeRecords(user, value);
  ASSERT_TRUE(sessions.ok()) << sessions.status();
  ASSERT_EQ(sessions->size(), 2U);
  EXPECT_EQ((*sessions)[0], one);
  EXPECT_EQ((*sessions)[1], bare);
  EXPECT_EQ(*DecodeRecord(user, EncodeRecord(one)), one);
}

TEST(SessionRecord, AnythingCutOffOrAddedIsDamage) {
  const uuid::Uuid user = uuid::Uuid::Random();
  Session session = SessionOf(user);
  session.device.user_agent = "agent";
  const std::string value = std::string(1, kRecordsVersion) + EncodeRecord(session);
  for (size_t size = 2; size < value.size(); ++size) {
    EXPECT_FALSE(DecodeRecords(user, value.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(DecodeRecords(user, value + "x").ok());
  EXPECT_EQ(errors::ReasonOf(DecodeRecords(user, "\x02").status()),
            errors::reasons::INTERNAL_FAULT);
}

TEST(SessionRecord, ALengthInsideThatIsWrongIsDamage) {
  const uuid::Uuid user = uuid::Uuid::Random();
  Session session = SessionOf(user);
  const std::string good = EncodeRecord(session);
  std::string bad = good;
  bad[28] = static_cast<char>(bad[28] + 1);  // one move more than there is
  EXPECT_TRUE(DecodeRecord(user, good).ok());
  EXPECT_FALSE(DecodeRecord(user, bad).ok());
}

TEST(RevocationEntry, SaysAgainWhatWasPutIn) {
  const std::string id = uuid::Uuid::Random().ToString();
  for (const Revocation& one :
       {Revocation{Revocation::Kind::kToken, "any jti", Time(), Time(Span(5))},
        Revocation{Revocation::Kind::kSession, id, Time(), Time(Span(6))},
        Revocation{Revocation::Kind::kUser, id, Time(Span(7)), Time(Span(8))}}) {
    const auto again = DecodeRevocation(EncodeRevocation(one));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, one);
  }
  for (const std::string bad : {"", "s", "x1234567890123", "s123456123456short"}) {
    EXPECT_FALSE(DecodeRevocation(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace tokenforge::sessions
