#include "services/auth/guard_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/errors/errors.h"
#include "tokenforge/auth/v1/trust.pb.h"

namespace tokenforge::auth {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const errors::FieldFault& fault : errors::FaultsOf(status)) fields.push_back(fault.field);
  return fields;
}

TEST(GuardRequests, TakeAnOpenWithOrWithoutNames) {
  v1::WatchTrustRequest request;
  request.mutable_open();
  EXPECT_TRUE(ValidateFirst(request).ok());
  request.mutable_open()->set_cursor(std::string(128, 'c'));
  request.mutable_open()->set_guard_id(std::string(128, 'g'));
  request.mutable_open()->set_audience(std::string(256, 'a'));
  EXPECT_TRUE(ValidateFirst(request).ok());
}

TEST(GuardRequests, NameEveryFaultOfAnOpen) {
  v1::WatchTrustRequest request;
  request.mutable_open()->set_cursor(std::string(129, 'c'));
  request.mutable_open()->set_guard_id("a name");
  request.mutable_open()->set_audience("ünicode");
  EXPECT_THAT(FieldsOf(ValidateFirst(request)),
              ElementsAre("open.cursor", "open.guard_id", "open.audience"));
}

TEST(GuardRequests, BeginWithOpenAndGoOnWithAcknowledgements) {
  v1::WatchTrustRequest open;
  open.mutable_open();
  v1::WatchTrustRequest applied;
  applied.set_applied_version(3);
  EXPECT_THAT(FieldsOf(ValidateFirst(applied)), ElementsAre("open"));
  EXPECT_THAT(FieldsOf(ValidateFirst({})), ElementsAre("open"));
  EXPECT_THAT(FieldsOf(ValidateLater(open, 3)), ElementsAre("open"));
  EXPECT_THAT(FieldsOf(ValidateLater({}, 3)), ElementsAre("applied_version"));
  EXPECT_TRUE(ValidateLater(applied, 3).ok());
}

TEST(GuardRequests, AcknowledgeOnlyWhatWasSent) {
  v1::WatchTrustRequest applied;
  applied.set_applied_version(4);
  EXPECT_THAT(FieldsOf(ValidateLater(applied, 3)), ElementsAre("applied_version"));
}

}  // namespace
}  // namespace tokenforge::auth
