// What the doctor makes of an operators' port.
#include <httplib.h>

#include <string>
#include <thread>

#include "cli/doctor_finding.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

using testing::HasSubstr;

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    server_.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(answer_, "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~DoctorTest() override {
    server_.stop();
    thread_.join();
  }
  Findings Look(std::string answer) {
    answer_ = std::move(answer);
    return LookAtService("users=127.0.0.1:" + std::to_string(port_));
  }

 private:
  std::string answer_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

std::string Ready(const std::string& conditions, const std::string& version) {
  return R"({"ready":true,"draining":false,"conditions":[)" + conditions + R"(],"version":")" +
         version + "\"}\n";
}

TEST_F(DoctorTest, FindsAServiceOfThisReleaseWell) {
  const Findings findings = Look(Ready("", config::Version()));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].health, Health::kGood);
}

TEST_F(DoctorTest, WarnsOfAnotherReleaseBesideWhatElseItFinds) {
  const Findings findings =
      Look(Ready(R"({"name":"redis","ok":false,"detail":"connection lost"})", "9.9.9"));
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].health, Health::kProblem);
  EXPECT_THAT(findings[0].found, HasSubstr("redis: connection lost"));
  EXPECT_EQ(findings[1].health, Health::kWarning);
  EXPECT_THAT(findings[1].found, HasSubstr("version 9.9.9"));
}

TEST_F(DoctorTest, TakesNobodyElsesPortForOurs) {
  for (const std::string answer :
       {"", "[]", "{\"ready\":1,\"conditions\":[]}", "{\"ready\":true}"}) {
    const Findings findings = Look(answer);
    ASSERT_EQ(findings.size(), 1U) << answer;
    EXPECT_EQ(findings[0].health, Health::kProblem);
    EXPECT_THAT(findings[0].found, HasSubstr("no operators' port of ours"));
  }
}

}  // namespace
}  // namespace tokenforge::cli
