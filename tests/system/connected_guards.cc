#include "tests/system/connected_guards.h"

#include <grpcpp/server_builder.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace tokenforge::systemtest {
namespace {

[[noreturn]] void Give(const std::string& why) {
  std::fprintf(stderr, "guards: %s\n", why.c_str());
  std::exit(3);
}

GuardOptions OptionsFor(const Suite& suite, int index) {
  GuardOptions options;
  options.issuer = suite.issuer();
  options.audiences = {"tokenforge"};
  options.facade_address = suite.addresses("auth");
  options.tls = {suite.certs() + "/example.crt", suite.certs() + "/example.key",
                 suite.certs() + "/ca.crt"};
  options.guard_id = "guard-" + std::to_string(index);
  return options;
}

}  // namespace

ConnectedGuards::ConnectedGuards(const Suite& suite, int count) {
  for (int i = 0; i < count; ++i) {
    One one;
    one.service = std::make_unique<auth::v1::AuthService::Service>();
    one.guard = std::make_unique<Guard>(OptionsFor(suite, i));
    one.guard->Protect<auth::v1::AuthService>(one.service.get());
    grpc::ServerBuilder builder;
    auto server = one.guard->Start(builder);
    if (!server.ok()) Give(server.status().ToString());
    one.server = *std::move(server);
    guards_.push_back(std::move(one));
  }
  for (const One& one : guards_) {
    if (!one.guard->WaitUntilReady(std::chrono::seconds(60))) Give("a guard got no keys");
  }
}

int ConnectedGuards::Accepting(const std::string& token) const {
  int accepting = 0;
  for (const One& one : guards_) accepting += one.guard->VerifyToken(token).ok() ? 1 : 0;
  return accepting;
}

bool ConnectedGuards::WaitUntilAll(bool accept, const std::string& token) const {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  // A guard tells nobody what it has learnt: it can only be asked.
  while (Accepting(token) != (accept ? size() : 0)) {
    if (std::chrono::steady_clock::now() >= give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace tokenforge::systemtest
