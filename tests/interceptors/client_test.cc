// The client configuration that we ship: what docs/clients.md tells people in other languages is what
// MakeChannel gives to gRPC, and it repeats nothing that may not be done twice.
#include "tokenforge/client.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "lib/errors/errors.h"
#include "tests/interceptors/guarded_server.h"
#include "tokenforge/auth/v1/auth.pb.h"

namespace tokenforge::testing {
namespace {

using ::testing::Contains;
using ::testing::Not;

google::protobuf::Struct Json(const std::string& text) {
  google::protobuf::Struct json;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &json);
  EXPECT_TRUE(parsed.ok()) << parsed.ToString() << "\n" << text;
  return json;
}

// The code block behind a remark.
std::string BlockOf(const std::string& path, const std::string& remark) {
  std::ifstream file(std::string(TOKENFORGE_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  const std::string page = text.str();
  const std::size_t at = page.find("<!-- " + remark + " -->\n```json\n");
  if (at == std::string::npos) return {};
  const std::size_t begin = page.find('{', at);
  return page.substr(begin, page.find("```\n", begin) - begin);
}

TEST(Client, TheGuideTellsOthersWhatOurChannelsDo) {
  const std::string shown =
      BlockOf("docs/clients.md", "checked: what tokenforge::MakeChannel gives to gRPC");
  ASSERT_FALSE(shown.empty());
  const auto ours = Json(ServiceConfig(FacadeMethodsSafeToRepeat()));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(Json(shown), ours))
      << "docs/clients.md has to say: " << ServiceConfig(FacadeMethodsSafeToRepeat());
}

TEST(Client, EachMethodThatIsRepeatedExists) {
  const auto* pool = auth::v1::LoginRequest::descriptor()->file()->pool();
  std::set<std::string> names;
  for (std::string name : FacadeMethodsSafeToRepeat()) {
    EXPECT_TRUE(names.insert(name).second) << name << " stands there twice";
    std::replace(name.begin(), name.end(), '/', '.');
    EXPECT_NE(pool->FindMethodByName(name), nullptr) << name;
  }
}

TEST(Client, WhatAnswersAnErrorWhenItIsDoneTwiceIsNotRepeated) {
  for (const char* method : {"Register", "CompleteLogin", "ConfirmTotp", "DisableTotp",
                             "ChangePassword", "ResetPassword", "VerifyEmail"}) {
    EXPECT_THAT(FacadeMethodsSafeToRepeat(),
                Not(Contains(std::string("tokenforge.auth.v1.AuthService/") + method)));
  }
}

TEST(Client, RefusesWhatCannotBeAChannel) {
  const rpc::TlsFiles files = TestTls("notes");
  ClientOptions good;
  good.addresses = "127.0.0.1:7443,127.0.0.1:7543";
  good.identity = "/auth";
  good.tls = {files.cert_file, files.key_file, files.ca_file};
  good.safe_to_repeat = {"notes.v1.NotesService/ListNotes"};
  EXPECT_TRUE(MakeChannel(good).ok());
  ClientOptions addresses = good, identity = good, tls = good, method = good;
  addresses.addresses = "auth-1:7443,auth-2:7443";
  identity.identity = "";
  tls.tls.key_file = "/nowhere";
  method.safe_to_repeat = {"ListNotes"};
  for (const ClientOptions& bad : {addresses, identity, tls, method}) {
    EXPECT_EQ(errors::ReasonOf(MakeChannel(bad).status()), errors::reasons::INVALID_FIELD);
  }
}

}  // namespace
}  // namespace tokenforge::testing
