// Known devices and the alerts about unknown ones, on both databases.
#include <string>

#include "gtest/gtest.h"
#include "services/users/known_device_rows.h"
#include "services/users/mail_intents.h"
#include "services/users/outbox_store_sql.h"
#include "tests/contract/users/sql_bodies.h"

namespace tokenforge::users {
namespace {

class KnownDevicesContract : public SqlContract {
 protected:
  KnownDevicesContract() : ann_(*Create(stores(), "ann@example.org")) {}

  // A login, as whoever records it writes it down; whether it puts a mail into the outbox.
  bool Alerts(const Account& account, const std::string& device, const std::string& address) {
    now_ += std::chrono::hours(2);
    const Origin origin{.ip_address = address, .device_name = device, .user_agent = "Browser/1"};
    const long long before = Waiting();
    EXPECT_TRUE(
        Wait(stores().accounts.Record(InAMinute(), {.login = SeenBy(account, origin, now_)})).ok());
    return Waiting() > before;
  }
  long long Waiting() { return Wait(outbox_.Depth(InAMinute()))->mails; }

  OutboxStoreSql outbox_{stores().database};
  const Account ann_;
  clock::WallTime now_ = kNow;
};

TEST_P(KnownDevicesContract, TellsOfALoginFromElsewhereOnce) {
  EXPECT_FALSE(Alerts(ann_, "phone", "192.0.2.1"));  // the first one ever
  EXPECT_FALSE(Alerts(ann_, "phone", "192.0.2.99"));
  EXPECT_TRUE(Alerts(ann_, "laptop", "192.0.2.1"));
  EXPECT_FALSE(Alerts(ann_, "laptop", "192.0.2.1"));
  EXPECT_TRUE(Alerts(ann_, "phone", "198.51.100.1"));
  EXPECT_FALSE(Alerts(ann_, "laptop", "198.51.100.7"));
  EXPECT_TRUE(Alerts(ann_, "phone", "2001:db8:1::1"));
  EXPECT_FALSE(Alerts(ann_, "phone", "2001:db8:1:ffff::2"));
  const auto mail = *Wait(outbox_.Claim(InAMinute(), now_, now_));
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->intent.kind, mail_kinds::kNewLogin);
  EXPECT_EQ(mail->intent.email, "ann@example.org");
  EXPECT_EQ(mail->intent.attributes.at("device"), "laptop");
}

TEST_P(KnownDevicesContract, KeepsPeopleApart) {
  const Account bob = *Create(stores(), "bob@example.org");
  EXPECT_FALSE(Alerts(ann_, "phone", "192.0.2.1"));
  EXPECT_FALSE(Alerts(bob, "laptop", "198.51.100.1"));
  EXPECT_TRUE(Alerts(bob, "phone", "192.0.2.1"));
}

TEST_P(KnownDevicesContract, ForgetsWhatWasNotSeenForLongestBeyondForty) {
  EXPECT_FALSE(Alerts(ann_, "phone", "192.0.2.1"));
  for (int i = 0; i < KnownDeviceRows::kMaxKnown; ++i) {
    EXPECT_TRUE(Alerts(ann_, "device " + std::to_string(i), "192.0.2.1"));
  }
  EXPECT_TRUE(Alerts(ann_, "phone", "192.0.2.1"));  // forgotten; the network was seen all along
  EXPECT_FALSE(Alerts(ann_, "device 39", "192.0.2.1"));
}

INSTANTIATE_TEST_SUITE_P(Databases, KnownDevicesContract, SqlContract::Bodies(),
                         SqlContract::NameOf);

TEST(KnownDevices, NetworkIsTheAddressWithoutItsLowerPart) {
  EXPECT_EQ(NetworkOf("192.0.2.200"), "192.0.2.0/24");
  EXPECT_EQ(NetworkOf("::ffff:192.0.2.200"), "192.0.2.0/24");
  EXPECT_EQ(NetworkOf("2001:db8:1:2::3"), "2001:db8:1::/48");
  EXPECT_EQ(NetworkOf(""), "");
  EXPECT_EQ(NetworkOf("unix:/socket"), "");
}

TEST(KnownDevices, WhatALoginDoesNotTellIsNothingNew) {
  const Account account{.user_id = "id",
                        .email = *CanonicalEmail::Parse("ann@example.org"),
                        .given_name = "",
                        .family_name = "",
                        .create_time = kNow,
                        .update_time = kNow};
  EXPECT_TRUE(SeenBy(account, {}, kNow).traits.empty());
  EXPECT_EQ(SeenBy(account, {.ip_address = "192.0.2.1"}, kNow).traits.size(), 1U);
}

}  // namespace
}  // namespace tokenforge::users
