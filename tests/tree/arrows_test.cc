#include "tests/tree/arrows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokenforge::tree {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SourceFile File(std::string path, std::vector<std::string> lines = {}) {
  return {std::move(path), std::move(lines)};
}

TEST(Arrows, ThisTreeKeepsThem) {
  const std::vector<SourceFile> files = ReadTree(TOKENFORGE_SOURCE_DIR);
  ASSERT_GT(files.size(), 50u) << "the tree was not found";
  EXPECT_THAT(ArrowViolations(files), IsEmpty());
}

TEST(Arrows, RefuseAServiceThatIncludesAnother) {
  EXPECT_THAT(
      ArrowViolations({File("services/auth/login.cc", {"#include \"services/users/user_store.h\""}),
                       File("services/users/user_store.h")}),
      ElementsAre(HasSubstr("services meet only through proto/")));
}

TEST(Arrows, AllowAServiceItsOwnFolder) {
  EXPECT_THAT(
      ArrowViolations({File("services/auth/main.cc", {"#include \"services/auth/login.h\""}),
                       File("services/auth/login.h")}),
      IsEmpty());
}

TEST(Arrows, RefuseALibraryThatLooksUp) {
  EXPECT_THAT(ArrowViolations({File("lib/rpc/a.cc", {"#include \"interceptors/guard.h\""}),
                               File("interceptors/guard.h")}),
              ElementsAre(HasSubstr("lib/ knows nothing of what stands above it")));
}

TEST(Arrows, SeeRedisBehindAnotherHeader) {
  EXPECT_THAT(
      ArrowViolations({File("interceptors/guard.cc", {"#include \"lib/telemetry/a.h\""}),
                       File("lib/telemetry/a.h", {"#include \"lib/redis/client.h\""}),
                       File("lib/redis/client.h")}),
      ElementsAre(HasSubstr(
          "interceptors/guard.cc includes lib/redis/client.h (through lib/telemetry/a.h)")));
}

TEST(Arrows, RefuseOpenSslInAJoseHeaderOnly) {
  EXPECT_THAT(ArrowViolations({File("lib/jose/sign.cc", {"#include <openssl/evp.h>"}),
                               File("lib/jose/key.h", {"#include <openssl/evp.h>"})}),
              ElementsAre(HasSubstr("lib/jose/key.h includes openssl/evp.h")));
}

TEST(Arrows, KnowTheGuardsPublicHeadersByTheNameThatOthersUse) {
  EXPECT_THAT(ArrowViolations(
                  {File("examples/notes/main.cc", {"#include \"tokenforge/guard.h\""}),
                   File("interceptors/tokenforge/guard.h", {"#include \"interceptors/policy.h\""}),
                   File("interceptors/policy.h", {"#include <openssl/evp.h>"})}),
              ElementsAre(HasSubstr("interceptors/tokenforge/guard.h includes openssl/evp.h")));
}

TEST(Arrows, RefuseGrpcInAStoreAndRedisInAnEdge) {
  EXPECT_THAT(
      ArrowViolations({File("services/keys/key_store_redis.cc", {"#include <grpcpp/grpcpp.h>"}),
                       File("services/keys/keys_service.cc", {"#include \"lib/redis/client.h\""}),
                       File("lib/redis/client.h")}),
      ElementsAre(HasSubstr("a store never sees gRPC"), HasSubstr("an edge never names Redis")));
}

TEST(Arrows, RefuseIncludesThatDoNotBeginAtTheRoot) {
  EXPECT_THAT(ArrowViolations({File("lib/rpc/a.cc", {"#include \"b.h\"", "#include \"../rpc/b.h\"",
                                                     "#include \"lib/rpc/gone.h\""}),
                               File("lib/rpc/b.h")}),
              ElementsAre(HasSubstr("lib/rpc/a.cc:1"), HasSubstr("lib/rpc/a.cc:2"),
                          HasSubstr("lib/rpc/a.cc:3")));
}

TEST(Arrows, RefuseASourceThatIncludesItsOwnHeaderLate) {
  EXPECT_THAT(
      ArrowViolations({File("lib/rpc/a.cc", {"#include <string>", "#include \"lib/rpc/a.h\""}),
                       File("lib/rpc/a.h")}),
      ElementsAre(HasSubstr("does not include lib/rpc/a.h first")));
}

}  // namespace
}  // namespace tokenforge::tree
