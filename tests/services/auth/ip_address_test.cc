#include "services/auth/ip_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/errors/errors.h"
#include "services/auth/origin.h"

namespace tokenforge::auth {
namespace {

std::string TextOf(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  return address ? address->text() : "none";
}

std::string SubscriberOf(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  return address ? address->subscriber() : "none";
}

TEST(IpAddress, HasOneSpelling) {
  EXPECT_EQ(TextOf("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(TextOf("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(TextOf("2001:0db8::0001"), "2001:db8::1");
  EXPECT_EQ(TextOf("::"), "::");
  EXPECT_EQ(*IpAddress::Parse("2001:db8::1"), *IpAddress::Parse("2001:DB8:0::1"));
  EXPECT_NE(*IpAddress::Parse("2001:db8::1"), *IpAddress::Parse("2001:db8::2"));
}

TEST(IpAddress, TakesAMappedIpv4AddressForTheIpv4Address) {
  for (const char* mapped :
       {"::ffff:192.0.2.1", "::FFFF:192.0.2.1", "::ffff:c000:201", "0:0:0:0:0:ffff:192.0.2.1"}) {
    EXPECT_EQ(TextOf(mapped), "192.0.2.1") << mapped;
    EXPECT_EQ(SubscriberOf(mapped), "192.0.2.1") << mapped;
    EXPECT_TRUE(IpAddress::Parse(mapped)->is_v4()) << mapped;
  }
  EXPECT_FALSE(IpAddress::Parse("::192.0.2.1")->is_v4()) << "compatible, not mapped";
}

TEST(IpAddress, IsNothingElse) {
  for (const char* bad :
       {"", "192.0.2", "192.0.2.256", "192.0.2.01", "0x7f.1", "3221225985", "[::1]", "::1%eth0",
        "192.0.2.1 ", " 192.0.2.1", "192.0.2.1:80", "192.0.2.1/32", "localhost", "1:2",
        ":::", "12345::", "::ffff:192.0.2.256", "1:2:3:4:5:6:7:8:9", "2001:db8::1::"}) {
    EXPECT_FALSE(IpAddress::Parse(bad)) << bad;
  }
  EXPECT_FALSE(IpAddress::Parse(std::string_view("192.0.2.1\0junk", 14)));
  EXPECT_FALSE(IpAddress::Parse(std::string_view("192.0.2.1\0", 10)));
  EXPECT_FALSE(IpAddress::Parse(std::string(100'000, '1')));
}

TEST(IpAddress, CountsAnIpv6NetworkOf64BitsAsOneSubscriber) {
  EXPECT_EQ(SubscriberOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(SubscriberOf("2001:db8:1:2:ffff:ffff:ffff:ffff"), "2001:db8:1:2::/64");
  EXPECT_EQ(SubscriberOf("2001:db8:1:3::"), "2001:db8:1:3::/64");
  EXPECT_EQ(SubscriberOf("192.0.2.1"), "192.0.2.1");
  EXPECT_NE(SubscriberOf("192.0.2.1"), SubscriberOf("192.0.2.2"));
}

std::string ComplaintOf(std::string_view text) {
  const auto range = IpRange::Parse(text);
  return range.ok() ? "" : errors::FaultsOf(range.status()).at(0).description;
}

bool Holds(std::string_view range, std::string_view address) {
  return IpRange::Parse(range).value().Contains(IpAddress::Parse(address).value());
}

TEST(IpRange, HoldsWhatItsPrefixSays) {
  EXPECT_TRUE(Holds("10.0.0.0/8", "10.0.0.0"));
  EXPECT_TRUE(Holds("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(Holds("10.0.0.0/8", "11.0.0.0"));
  EXPECT_FALSE(Holds("10.0.0.0/8", "9.255.255.255"));
  EXPECT_TRUE(Holds("192.0.2.128/25", "192.0.2.129"));
  EXPECT_FALSE(Holds("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(Holds("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(Holds("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(Holds("192.0.2.1/32", "::ffff:192.0.2.1"));
  EXPECT_TRUE(Holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(Holds("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(Holds("2001:db8::1", "2001:db8::1"));
}

TEST(IpRange, KeepsTheKindsOfAddressesApart) {
  // All IPv4-mapped addresses lie in ::/8 as numbers.
  EXPECT_FALSE(Holds("::/8", "192.0.2.1"));
  EXPECT_FALSE(Holds("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(Holds("::/8", "::1"));
  EXPECT_TRUE(Holds("::ffff:10.0.0.0/104", "10.1.2.3"));
}

TEST(IpRange, KnowsWhenItIsEverything) {
  EXPECT_TRUE(IpRange::Parse("0.0.0.0/0")->everything());
  EXPECT_TRUE(IpRange::Parse("::/0")->everything());
  EXPECT_TRUE(IpRange::Parse("::ffff:0:0/96")->everything());
  EXPECT_FALSE(IpRange::Parse("0.0.0.0/1")->everything());
  EXPECT_FALSE(IpRange::Parse("::/1")->everything());
}

TEST(IpRange, SaysWhatIsWrong) {
  EXPECT_THAT(ComplaintOf("gateway"), testing::HasSubstr("address"));
  EXPECT_THAT(ComplaintOf(""), testing::HasSubstr("address"));
  for (const char* bad : {"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08",
                          "10.0.0.0/8/8", "10.0.0.0/8 ", "10.0.0.0/99999999999"}) {
    EXPECT_THAT(ComplaintOf(bad), testing::HasSubstr("0 to 32")) << bad;
  }
  EXPECT_THAT(ComplaintOf("2001:db8::/129"), testing::HasSubstr("0 to 128"));
  EXPECT_THAT(ComplaintOf("10.0.0.1/8"), testing::HasSubstr("bits set"));
  EXPECT_THAT(ComplaintOf("::ffff:0:0/95"), testing::HasSubstr("bits set"));
}

TEST(Origin, FindsTheAddressInAPeersName) {
  const auto found = [](std::string_view peer) {
    const auto address = AddressOfPeer(peer);
    return address ? address->text() : "";
  };
  EXPECT_EQ(found("ipv4:192.0.2.1:5123"), "192.0.2.1");
  EXPECT_EQ(found("ipv6:%5B2001:db8::1%5D:5123"), "2001:db8::1");
  EXPECT_EQ(found("ipv6:%5B::ffff:192.0.2.1%5D:5123"), "192.0.2.1");
  EXPECT_EQ(found("ipv6:[::1]:5123"), "::1");
  EXPECT_EQ(found("ipv6:%5Bfe80::1%25eth0%5D:5123"), "fe80::1");
  EXPECT_EQ(found("unix:/tmp/socket"), "");
  EXPECT_EQ(found("ipv4:junk"), "");
  EXPECT_EQ(found(""), "");
}

TEST(Origin, CountsAClientWithoutAnAddressByItsName) {
  const rpc::ServerCall call{clock::SteadyTime(), telemetry::TraceContext()};
  const Origin nowhere(call, "spiffe://example.org/app", std::nullopt);
  EXPECT_EQ(nowhere.subscriber, "spiffe://example.org/app");
  EXPECT_EQ(nowhere.address, "");
  const Origin somewhere(call, "spiffe://example.org/app", IpAddress::Parse("2001:db8::7"));
  EXPECT_EQ(somewhere.subscriber, "2001:db8::/64");
  EXPECT_EQ(somewhere.address, "2001:db8::7");
}

}  // namespace
}  // namespace tokenforge::auth
