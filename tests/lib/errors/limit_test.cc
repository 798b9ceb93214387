#include "lib/errors/limit.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/cord.h"
#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::errors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const absl::string_view kUrl{kErrorInfoUrl.data(), kErrorInfoUrl.size()};

absl::Status Told(const std::map<std::string, std::string>& metadata) {
  v1::ErrorInfo info;
  info.set_reason("RATE_LIMITED");
  info.set_domain(std::string(kDomain));
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  absl::Status status(absl::StatusCode::kResourceExhausted, "wait");
  status.SetPayload(kUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

TEST(Limit, ComesBackOutOfAnErrorAsItWentIn) {
  const Limit limit{"login_account", 5, 0, seconds(900)};
  const absl::Status status =
      MakeLimited(reasons::RATE_LIMITED, "too many", limit, milliseconds(1500));
  EXPECT_EQ(LimitOf(status), limit);
  EXPECT_EQ(ReasonOf(status), reasons::RATE_LIMITED);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "too many");
  EXPECT_EQ(RetryAfterOf(status), milliseconds(1500));
}

TEST(Limit, StandsInTheMetadataOfTheReason) {
  const absl::Status status = MakeLimited(reasons::ACCOUNT_LOCKED, "wait",
                                          {"account_lock", 20, 0, seconds(60)}, seconds(60));
  v1::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(std::string(*status.GetPayload(kUrl))));
  EXPECT_EQ(info.reason(), "ACCOUNT_LOCKED");
  EXPECT_EQ(info.metadata().at("policy"), "account_lock");
  EXPECT_EQ(info.metadata().at("limit"), "20");
  EXPECT_EQ(info.metadata().at("remaining"), "0");
  EXPECT_EQ(info.metadata().at("reset_seconds"), "60");
}

TEST(Limit, ThatIsTheSameIsTheSameBytes) {
  const auto bytes = [] {
    return std::string(
        *MakeLimited(reasons::RATE_LIMITED, "wait", {"p", 5, 0, seconds(9)}, seconds(1))
             .GetPayload(kUrl));
  };
  const std::string first = bytes();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(bytes(), first);
}

TEST(Limit, IsNotInOtherErrors) {
  EXPECT_EQ(LimitOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(LimitOf(absl::UnavailableError("gone")), std::nullopt);
  EXPECT_EQ(LimitOf(MakeRetryable(reasons::OVERLOADED, "busy", seconds(1))), std::nullopt);
}

TEST(Limit, IsNothingWhenANumberIsNone) {
  const std::map<std::string, std::string> good = {
      {"policy", "p"}, {"limit", "5"}, {"remaining", "0"}, {"reset_seconds", "9"}};
  ASSERT_TRUE(LimitOf(Told(good)));
  for (const char* name : {"limit", "remaining", "reset_seconds"}) {
    for (const char* bad :
         {"", "-1", "+1", " 1", "1 ", "1.0", "x", "1\r\nx: y", "0x1", "99999999999999999999"}) {
      std::map<std::string, std::string> metadata = good;
      metadata[name] = bad;
      EXPECT_EQ(LimitOf(Told(metadata)), std::nullopt) << name << " = " << bad;
    }
    std::map<std::string, std::string> metadata = good;
    metadata.erase(name);
    EXPECT_EQ(LimitOf(Told(metadata)), std::nullopt) << "without " << name;
  }
}

}  // namespace
}  // namespace tokenforge::errors
