// Combinations of settings with which tokens would be refused or keys pile up do not start.
#include "services/keys/config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <sstream>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "tests/lib/rpc/certs.h"
#include "tests/services/keys/some_keys.h"

namespace tokenforge::keys {
namespace {

class KeysConfigTest : public ::testing::Test {
 protected:
  KeysConfigTest() {
    rpc::testing::Write(kek_file_, "one:" + KekText('1') + "\n");
    EXPECT_EQ(chmod(kek_file_.c_str(), 0600), 0);
  }

  // What --check-config says; empty when the configuration is good.
  std::string Complaint(const std::vector<std::string>& flags) {
    config::Parser parser("tokenforge-keys", "Test.");
    Declare(parser, &config_);
    std::vector<std::string> words = {"tokenforge-keys",
                                      "--check-config",
                                      "--kek-file=" + kek_file_,
                                      "--tls-cert-file=" + tls_.cert_file,
                                      "--tls-key-file=" + tls_.key_file,
                                      "--tls-ca-file=" + tls_.ca_file};
    words.insert(words.end(), flags.begin(), flags.end());
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    std::ostringstream out, err;
    const auto outcome =
        parser.Parse(static_cast<int>(arguments.size()), arguments.data(), {}, out, err);
    EXPECT_EQ(outcome.exit_code, err.str().empty() ? 0 : 2);
    return err.str();
  }

  rpc::testing::Certs certs_;
  const rpc::TlsFiles tls_ = certs_.MakeFor("spiffe://example.org/keys");
  const std::string kek_file_ = certs_.Path("kek");
  Config config_;
};

TEST_F(KeysConfigTest, DefaultsAreThoseOfTheContract) {
  ASSERT_EQ(Complaint({}), "");
  const RotationSettings life = RotationOf(config_);
  EXPECT_EQ(life.algorithm, jose::Algorithm::kRs256);
  EXPECT_EQ(life.rotate_every, std::chrono::days(7));
  EXPECT_EQ(life.publish_for, std::chrono::minutes(10));
  EXPECT_EQ(life.acknowledge_within, std::chrono::hours(1));
  EXPECT_EQ(life.retire_for, std::chrono::minutes(31));
}

TEST_F(KeysConfigTest, RetirementFollowsTheTokensLife) {
  ASSERT_EQ(Complaint({"--access-ttl=1h", "--verifier-leeway=1m"}), "");
  EXPECT_EQ(RotationOf(config_).retire_for, std::chrono::minutes(122));
}

TEST_F(KeysConfigTest, RetirementIsNeverShorterThanWhatTokensNeed) {
  EXPECT_EQ(Complaint({"--retire-for=16m"}), "");
  const std::string complaint = Complaint({"--retire-for=15m"});
  EXPECT_NE(complaint.find("tokens need their key for 940s"), std::string::npos) << complaint;
}

TEST_F(KeysConfigTest, KeyIsPublishedLongerThanReplicasTakeToNotice) {
  EXPECT_NE(Complaint({"--publish-for=10s"}).find("longer than keys-poll"), std::string::npos);
  EXPECT_EQ(Complaint({"--publish-for=11s"}), "");
}

TEST_F(KeysConfigTest, WaitsMustFitIntoAPeriod) {
  EXPECT_NE(Complaint({"--rotate-every=9m"}).find("rotate-every must not be shorter"),
            std::string::npos);
  EXPECT_NE(Complaint({"--acknowledge-within=9m"}).find("acknowledge-within must not be shorter"),
            std::string::npos);
}

TEST_F(KeysConfigTest, RetiredKeysMustHaveRoom) {
  const std::vector<std::string> quick = {"--publish-for=1s", "--keys-poll=500ms",
                                          "--rotate-every=2s"};
  const std::string complaint = Complaint(quick);
  EXPECT_NE(complaint.find("at most 48 times rotate-every"), std::string::npos) << complaint;
  std::vector<std::string> short_lived = quick;
  short_lived.insert(short_lived.end(), {"--access-ttl=20s", "--verifier-leeway=5s"});
  EXPECT_EQ(Complaint(short_lived), "");
}

}  // namespace
}  // namespace tokenforge::keys
