// Whose word about a caller's address is taken, with headers as attackers write them.
#include "services/auth/trusted_proxies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <sstream>

#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "services/auth/config.h"

namespace tokenforge::auth {
namespace {

using ::testing::HasSubstr;

constexpr char kGateway[] = "spiffe://example.org/gateway";
constexpr char kApp[] = "spiffe://example.org/app";
constexpr char kPeer[] = "172.16.0.9";

// Trusts the gateway by name and the load balancers before it by address.
TrustedProxies Proxies() {
  return TrustedProxies::Parse({"/gateway", "10.0.0.0/8", "2001:db8:ff::/48"}, "example.org")
      .value();
}

std::string Found(const TrustedProxies& proxies, const std::string& peer, const std::string& id,
                  const std::vector<std::string_view>& headers) {
  const auto caller = proxies.CallerBehind({IpAddress::Parse(peer), id}, headers);
  return caller ? caller->text() : "none";
}

// Behind the gateway.
std::string Behind(std::string_view header) { return Found(Proxies(), kPeer, kGateway, {header}); }

TEST(TrustedProxies, TrustNobodyByDefault) {
  EXPECT_EQ(Found(TrustedProxies(), kPeer, kGateway, {"192.0.2.1"}), kPeer);
  EXPECT_EQ(Found(TrustedProxies(), kPeer, "", {"192.0.2.1"}), kPeer);
  EXPECT_EQ(Found(TrustedProxies(), "127.0.0.1", kGateway, {"192.0.2.1"}), "127.0.0.1");
}

TEST(TrustedProxies, TakeTheWordOfAGatewayThatProvesItsName) {
  EXPECT_EQ(Behind("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(Found(Proxies(), kPeer, kApp, {"192.0.2.1"}), kPeer);
  EXPECT_EQ(Found(Proxies(), kPeer, "", {"192.0.2.1"}), kPeer);
  EXPECT_EQ(Found(Proxies(), kPeer, "spiffe://other.org/gateway", {"192.0.2.1"}), kPeer);
  EXPECT_EQ(Found(Proxies(), kPeer, "spiffe://example.org/gateway/x", {"192.0.2.1"}), kPeer);
  EXPECT_EQ(Found(Proxies(), kPeer, "spiffe://example.org/gatewayx", {"192.0.2.1"}), kPeer);
  // A connection without an address, such as a sidecar's unix socket.
  EXPECT_EQ(Found(Proxies(), "", kGateway, {"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(Found(Proxies(), "", kGateway, {"junk"}), "none");
}

TEST(TrustedProxies, TakeTheWordOfAProxyByItsAddress) {
  EXPECT_EQ(Found(Proxies(), "10.1.2.3", kApp, {"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(Found(Proxies(), "::ffff:10.1.2.3", kApp, {"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(Found(Proxies(), "11.1.2.3", kApp, {"192.0.2.1"}), "11.1.2.3");
}

TEST(TrustedProxies, WalkFromTheRightToTheFirstThatIsNoProxy) {
  EXPECT_EQ(Behind("192.0.2.1, 10.0.0.1, 10.0.0.2"), "192.0.2.1");
  EXPECT_EQ(Behind("192.0.2.1,2001:db8:ff::1"), "192.0.2.1");
  EXPECT_EQ(Behind("2001:db8::1, 10.0.0.1"), "2001:db8::1");
  EXPECT_EQ(Behind("10.0.0.3, 10.0.0.2"), "10.0.0.3") << "the call began at a proxy";
}

TEST(TrustedProxies, NeverTakeWhatTheClientWroteIntoTheHeader) {
  // The proxy appends where the connection really came from.
  EXPECT_EQ(Behind("203.0.113.7, 192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(Behind("203.0.113.7, 203.0.113.8, 192.0.2.1, 10.0.0.1"), "192.0.2.1");
  EXPECT_EQ(Behind("10.0.0.1, 192.0.2.1"), "192.0.2.1") << "it claims to be a proxy";
  EXPECT_EQ(Behind("127.0.0.1, 192.0.2.1"), "192.0.2.1");
}

TEST(TrustedProxies, JunkTheClientWroteDoesNotMoveItToAnotherBucket) {
  for (const char* junk : {"junk, ", "unknown, ", ",,,, ", "'; drop--, ", "1.2.3.4:99999, ",
                           "\x01\x02, ", "[::1, ", "%31, "}) {
    EXPECT_EQ(Behind(std::string(junk) + "192.0.2.1"), "192.0.2.1") << junk;
  }
}

TEST(TrustedProxies, UnderstandPortsAndBlanks) {
  EXPECT_EQ(Behind("192.0.2.1:5123"), "192.0.2.1");
  EXPECT_EQ(Behind("[2001:db8::1]:5123"), "2001:db8::1");
  EXPECT_EQ(Behind("[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(Behind(" \t192.0.2.1\t "), "192.0.2.1");
  EXPECT_EQ(Behind("192.0.2.1 ,\t10.0.0.1:80"), "192.0.2.1");
  EXPECT_EQ(Behind("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(TrustedProxies, FallBackToThePeerWhenTheWalkMeetsWhatIsNoAddress) {
  for (const char* bad : {"",
                          " ",
                          ",",
                          "192.0.2.1,",
                          "192.0.2.1, ,10.0.0.1",
                          "unknown",
                          "_hidden",
                          "localhost",
                          "192.0.2.1.5",
                          "192.0.2.1:",
                          "192.0.2.1:port",
                          "192.0.2.1:123456",
                          "[2001:db8::1",
                          "2001:db8::1]:80",
                          "[2001:db8::1]80",
                          "[2001:db8::1]:",
                          "[192.0.2.1]:80",
                          "[]",
                          "[]:80",
                          "fe80::1%eth0",
                          "\"192.0.2.1\"",
                          "for=192.0.2.1",
                          "192.0.2.1;10.0.0.1",
                          "192.0.2.1 10.0.0.1",
                          "192.0.2.1, junk, 10.0.0.1",
                          "192.0.2.1/32",
                          "0x7f000001",
                          "192.0.2.01"}) {
    EXPECT_EQ(Behind(bad), kPeer) << "«" << bad << "»";
  }
  EXPECT_EQ(Behind(std::string_view("192.0.2.1\0", 10)), kPeer);
}

TEST(TrustedProxies, FallBackToThePeerWhenTheHeaderIsMissingOrThereTwice) {
  EXPECT_EQ(Found(Proxies(), kPeer, kGateway, {}), kPeer);
  EXPECT_EQ(Found(Proxies(), kPeer, kGateway, {"192.0.2.1", "192.0.2.2"}), kPeer);
  EXPECT_EQ(Found(Proxies(), kPeer, kGateway, {"192.0.2.1", "192.0.2.1"}), kPeer);
}

TEST(TrustedProxies, HaveBounds) {
  const std::string longest = "192.0.2.1," + std::string(1024 - 18, ' ') + "10.0.0.1";
  ASSERT_EQ(longest.size(), TrustedProxies::kMaxHeaderBytes);
  EXPECT_EQ(Behind(longest), "192.0.2.1");
  EXPECT_EQ(Behind(longest + " "), kPeer);
  EXPECT_EQ(Behind(std::string(1'000'000, ',')), kPeer);
  std::string hops = "192.0.2.1";
  for (int i = 0; i < TrustedProxies::kMaxHops; ++i) hops += ",10.0.0.1";
  EXPECT_EQ(Behind(hops), "192.0.2.1");
  EXPECT_EQ(Behind(hops + ",10.0.0.1"), kPeer);
}

// Of whatever is written there, the answer is the peer or an element as a whole.
TEST(TrustedProxies, NeverMakeUpAnAddress) {
  constexpr std::string_view kAlphabet = "0129af.:,[]% \t";
  std::mt19937 random(20'261'122);
  const auto below = [&](std::size_t bound) { return random() % bound; };
  int found = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string header;
    const char* const pieces[] = {"192.0.2.1", "2001:db8::1", "10.0.0.1", "[2001:db8::2]:80", ","};
    for (std::size_t length = below(8); length > 0; --length) {
      if (below(2) == 0) {
        header += pieces[below(std::size(pieces))];
      } else {
        header += kAlphabet[below(kAlphabet.size())];
      }
    }
    const std::string answer = Behind(header);
    if (answer == kPeer) continue;
    ++found;
    bool is_element = false;
    std::istringstream elements(header);
    for (std::string element; std::getline(elements, element, ',');) {
      std::string bare =
          element.substr(std::min(element.find_first_not_of(" \t["), element.size()));
      while (!bare.empty() && !is_element) {
        const auto address = IpAddress::Parse(bare);
        is_element = address && address->text() == answer;
        bare.pop_back();
      }
    }
    ASSERT_TRUE(is_element) << "«" << header << "» became " << answer;
  }
  EXPECT_GT(found, 1000) << "or this has tested nothing";
}

TEST(TrustedProxies, NameEveryEntryThatIsNoGood) {
  const std::vector<std::string> bad = {"gateway",
                                        "10.0.0.1/8",
                                        "10.0.0.0/40",
                                        "spiffe://",
                                        "/gate way",
                                        "/**",
                                        "/*",
                                        "spiffe://example.org/**",
                                        "0.0.0.0/0",
                                        "::/0",
                                        "",
                                        "spiffe://example.org/*/x",
                                        "/",
                                        "300.0.0.0/8"};
  std::vector<std::string> entries = {"/gateway", "10.0.0.0/8"};
  entries.insert(entries.end(), bad.begin(), bad.end());
  const auto proxies = TrustedProxies::Parse(entries, "example.org");
  ASSERT_FALSE(proxies.ok());
  EXPECT_EQ(errors::ReasonOf(proxies.status()), errors::reasons::INVALID_FIELD);
  const auto faults = errors::FaultsOf(proxies.status());
  ASSERT_EQ(faults.size(), bad.size()) << proxies.status();
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(faults[i].field, "trusted-proxies");
    EXPECT_THAT(faults[i].description, HasSubstr("«" + bad[i] + "»"));
  }
}

TEST(TrustedProxies, MayBeNamedByAPatternThatNamesSome) {
  const auto proxies =
      TrustedProxies::Parse({"/gateways/*", "spiffe://edge.example.com/proxy"}, "example.org");
  ASSERT_TRUE(proxies.ok()) << proxies.status();
  EXPECT_EQ(Found(*proxies, kPeer, "spiffe://example.org/gateways/a", {"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(Found(*proxies, kPeer, "spiffe://edge.example.com/proxy", {"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(Found(*proxies, kPeer, "spiffe://example.org/gateways", {"192.0.2.1"}), kPeer);
}

TEST(AuthConfig, NamesTrustedProxiesThatAreNone) {
  config::Parser parser("tokenforge-auth", "Test.");
  Config config;
  Declare(parser, &config);
  std::ostringstream out, err;
  const std::vector<const char*> arguments = {"tokenforge-auth",
                                              "--tls-cert-file=/proc/self/exe",
                                              "--tls-key-file=/proc/self/exe",
                                              "--tls-ca-file=/proc/self/exe",
                                              "--trusted-proxies=/**",
                                              "--trusted-proxies=10.0.0.1/8"};
  const auto outcome =
      parser.Parse(static_cast<int>(arguments.size()), arguments.data(), {}, out, err);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(err.str(), HasSubstr("trusted-proxies has the entry «/**»"));
  EXPECT_THAT(err.str(), HasSubstr("trusted-proxies has the entry «10.0.0.1/8»"));
}

}  // namespace
}  // namespace tokenforge::auth
