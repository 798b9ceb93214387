// What the tests of Guard::Check share: a server whose handlers ask for themselves, or do not.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {

enum class Manner { kAsks, kForgets, kDoesNotListen };

inline GuardOptions TokenOptions(const Tokens& tokens) {
  GuardOptions options;
  options.issuer = kIssuer;
  options.audiences = {kAudience};
  options.trust = std::make_shared<Trust>();
  options.trust_domain = "example.org";
  EXPECT_TRUE(options.trust->PublishKeys(tokens.Jwks()).ok());
  return options;
}

inline bool MayAnswer(Manner manner, Guard& guard, grpc::ServerContextBase& context,
                      grpc::Status* refusal) {
  if (manner == Manner::kForgets) return true;
  *refusal = guard.Check(context);
  return refusal->ok() || manner == Manner::kDoesNotListen;
}

// The parts that every server of this file has.
class Checked {
 public:
  explicit Checked(GuardOptions (*change)(GuardOptions) = nullptr)
      : tokens_(clock_),
        guard_(change != nullptr ? change(TokenOptions(tokens_)) : TokenOptions(tokens_)) {
    builder_.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  }
  void Start() {
    auto server = guard_.Start(builder_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  Outcome Call(const std::string& path, const Metadata& metadata = {}) {
    v1::Ask ask;
    ask.set_text("hello");
    const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(port_),
                                             grpc::InsecureChannelCredentials());
    return CallRaw(channel, path, metadata, ask.SerializeAsString());
  }
  Metadata Ada() { return Bearer(tokens_.Make()); }
  Metadata Admin() { return Bearer(tokens_.WithRoles({"admin"})); }

  clock::SystemClock clock_;
  Tokens tokens_;
  Guard guard_;
  grpc::ServerBuilder builder_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace tokenforge::testing
