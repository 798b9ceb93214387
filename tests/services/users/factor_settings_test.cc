#include "services/users/factor_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "lib/config/config.h"

namespace tokenforge::users {
namespace {

using testing::HasSubstr;
using testing::Not;

class FactorSettingsTest : public testing::Test {
 protected:
  // What the parser says about these arguments; nothing when they are good.
  std::string Complaint(std::vector<std::string> arguments) {
    config::Parser parser("test", "Test.");
    Declare(parser, &settings_);
    arguments.insert(arguments.begin(), "test");
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::ostringstream out, err;
    parser.Parse(static_cast<int>(argv.size()), argv.data(), {}, out, err);
    return err.str();
  }
  static std::string FileWith(const std::string& content) {
    std::string path = testing::TempDir() + "factor.keys";
    std::ofstream(path) << content;
    ::chmod(path.c_str(), 0600);
    return path;
  }

  FactorSettings settings_;
};

constexpr char kKey[] = "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=";

TEST_F(FactorSettingsTest, DoesWithoutAKeyFile) {
  EXPECT_EQ(Complaint({}), "");
  const auto keys = FactorKeysOf(settings_);
  ASSERT_TRUE(keys.ok());
  EXPECT_FALSE(*keys);
}

TEST_F(FactorSettingsTest, ReadsTheKeys) {
  const std::string file = FileWith("new:" + std::string(kKey) + "\nold " + kKey + "\n");
  EXPECT_EQ(Complaint({"--factor-key-file=" + file}), "");
  const auto keys = FactorKeysOf(settings_);
  ASSERT_TRUE(keys.ok() && *keys);
  EXPECT_EQ((*keys)->first_id(), "new");
}

TEST_F(FactorSettingsTest, NamesEveryBadLineAndNothingOfItsKey) {
  const std::string file = FileWith("good:" + std::string(kKey) + "\nbad\nshort:MTEx\n");
  const std::string told = Complaint({"--factor-key-file=" + file});
  EXPECT_THAT(told, HasSubstr("line 2"));
  EXPECT_THAT(told, HasSubstr("line 3"));
  EXPECT_THAT(told, Not(HasSubstr("MTEx")));
}

TEST_F(FactorSettingsTest, RefusesAnIssuerThatAnAppWouldCut) {
  EXPECT_EQ(Complaint({"--totp-issuer=Example Inc"}), "");
  for (const std::string& issuer : {std::string(), std::string("a:b"), std::string(65, 'x'),
                                    std::string("a\nb"), std::string("\xFF")}) {
    EXPECT_THAT(Complaint({"--totp-issuer=" + issuer}), HasSubstr("totp-issuer")) << issuer;
  }
}

}  // namespace
}  // namespace tokenforge::users
