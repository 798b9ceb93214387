#include "lib/redis/endpoint.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/errors/errors.h"

namespace tokenforge::redis {
namespace {

SingleEndpoint Single(std::string_view address) {
  return std::get<SingleEndpoint>(ParseEndpoint(address).value());
}
SentinelEndpoint Sentinels(std::string_view address) {
  return std::get<SentinelEndpoint>(ParseEndpoint(address).value());
}
ClusterEndpoint Cluster(std::string_view address) {
  return std::get<ClusterEndpoint>(ParseEndpoint(address).value());
}

TEST(ParseEndpoint, TakesSocketsAndHosts) {
  EXPECT_EQ(Single("unix:///run/redis.sock").server.socket_path, "/run/redis.sock");
  EXPECT_EQ(Single("unix:///run/redis.sock?db=3").database, 3);
  EXPECT_EQ(Single("redis://cache").server, (ServerAddress{"", "cache", 6379}));
  EXPECT_EQ(Single("redis://cache:7000/5").server, (ServerAddress{"", "cache", 7000}));
  EXPECT_EQ(Single("redis://cache:7000/5").database, 5);
  EXPECT_EQ(Single("redis://[::1]:7000").server, (ServerAddress{"", "::1", 7000}));
}

TEST(ParseEndpoint, TakesSentinelsAndTheNameOfTheirPrimary) {
  const SentinelEndpoint three = Sentinels("redis+sentinel://a:1,b,[::2]:3/main-1.x");
  EXPECT_EQ(three.primary, "main-1.x");
  EXPECT_EQ(three.sentinels,
            (std::vector<ServerAddress>{{"", "a", 1}, {"", "b", 26379}, {"", "::2", 3}}));
}

TEST(ParseEndpoint, TakesSeedsOfACluster) {
  EXPECT_EQ(Cluster("redis+cluster://a:1,b,[::2]:3").seeds,
            (std::vector<ServerAddress>{{"", "a", 1}, {"", "b", 6379}, {"", "::2", 3}}));
  EXPECT_EQ(Cluster("redis+cluster://one").seeds.size(), 1U);
}

TEST(ParseEndpoint, RefusesEverythingElse) {
  for (const std::string address : {"",
                                    "cache:6379",
                                    "http://cache",
                                    "redis://",
                                    "redis://cache:0",
                                    "redis://cache:65536",
                                    "redis://cache:",
                                    "redis://cache:1x",
                                    "redis://cache/x",
                                    "redis://u:p@cache",
                                    "redis://a,b/x",
                                    "unix://relative",
                                    "unix:///a?x=1",
                                    "unix:///a?db=-1",
                                    "redis://[::1",
                                    "redis://[::1]x",
                                    "redis+sentinel://a",
                                    "redis+sentinel://a/",
                                    "redis+sentinel:///name",
                                    "redis+sentinel://a,/name",
                                    "redis+sentinel://a/two words",
                                    "redis+sentinel://a/b/c",
                                    "redis+sentinel://u:p@a/name",
                                    "redis+cluster://",
                                    "redis+cluster://a,",
                                    "redis+cluster://,a",
                                    "redis+cluster://a,,b",
                                    "redis+cluster://a/2",
                                    "redis+cluster://a?x",
                                    "redis+cluster://a,b:x",
                                    "redis+cluster://a,a",
                                    "redis+cluster://u:p@a"}) {
    EXPECT_EQ(errors::ReasonOf(ParseEndpoint(address).status()), errors::reasons::INVALID_FIELD)
        << address;
  }
  EXPECT_FALSE(ParseEndpoint("unix:///" + std::string(107, 'x')).ok());
}

TEST(ParseEndpoint, BoundsHowManyThereAre) {
  std::string nodes = "redis+cluster://h0";
  for (size_t i = 1; i < ClusterEndpoint::kMost; ++i) nodes += ",h" + std::to_string(i);
  EXPECT_TRUE(ParseEndpoint(nodes).ok());
  EXPECT_FALSE(ParseEndpoint(nodes + ",more").ok());
}

TEST(NameOf, ReadsAsAnAddressDoes) {
  EXPECT_EQ(NameOf(ServerAddress{"", "cache", 7}), "cache:7");
  EXPECT_EQ(NameOf(ServerAddress{"", "::1", 7}), "[::1]:7");
  EXPECT_EQ(NameOf(ServerAddress{"/run/r", "", 7}), "/run/r");
}

}  // namespace
}  // namespace tokenforge::redis
