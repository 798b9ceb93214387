#include "tests/drills/clock_probe.h"

#include <grpcpp/client_context.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/system/facade_client.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"

namespace tokenforge::drills {
namespace {

using Faults = std::vector<std::string>;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr seconds kDeadline{20};
constexpr seconds kPatience{120};
constexpr int kTries = 240;
constexpr std::chrono::milliseconds kPause{250};
const char* const kPolicy = "reset_account";  // three an hour

// The outcome's name, "OK" for success. A replica that was just restarted is asked again: what it
// says is asked for, not whether it is there.
template <class Stub, class Request, class Response>
std::string Outcome(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response, const std::string& token = "") {
  std::string name;
  for (int i = 0; i < kTries; ++i) {
    grpc::ClientContext context;
    context.set_deadline(system_clock::now() + kDeadline);
    context.set_wait_for_ready(true);
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    response.Clear();
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return "OK";
    name = NameOf(status);
    if (!name.starts_with("UNAVAILABLE")) return name;
    std::this_thread::sleep_for(kPause);
  }
  return name;
}

std::string GuardSays(systemtest::Suite& suite, const std::string& name, const std::string& token) {
  const auto stub = auth::v1::AuthService::NewStub(suite.Connect(name));
  auth::v1::WhoAmIResponse response;
  return Outcome(*stub, &auth::v1::AuthService::Stub::WhoAmI, auth::v1::WhoAmIRequest(), response,
                 token);
}

std::string TakeToken(systemtest::Suite& suite, const std::string& name, const std::string& subject,
                      bool& allowed) {
  const auto stub = sessions::v1::SessionService::NewStub(suite.Connect(name, "auth"));
  sessions::v1::TakeTokensRequest request;
  auto& bucket = *request.add_buckets();
  bucket.set_policy(kPolicy);
  bucket.set_subject(subject);
  bucket.set_tokens(1);
  sessions::v1::TakeTokensResponse response;
  const std::string outcome =
      Outcome(*stub, &sessions::v1::SessionService::Stub::TakeTokens, request, response);
  allowed = response.allowed();
  return outcome;
}

std::string Sign(systemtest::Suite& suite, const std::string& name, const std::string& user,
                 seconds life, std::string& token) {
  const auto stub = keys::v1::KeyService::NewStub(suite.Connect(name, "auth"));
  keys::v1::SignTokenRequest request;
  request.mutable_claims()->set_sub(user);
  request.mutable_claims()->add_aud("tokenforge");
  request.mutable_claims()->set_client_id("spiffe://tokenforge.local/app");
  request.mutable_ttl()->set_seconds(life.count());
  keys::v1::SignTokenResponse response;
  const std::string outcome =
      Outcome(*stub, &keys::v1::KeyService::Stub::SignToken, request, response);
  token = response.access_token();
  return outcome;
}

// Until it is answered: who was just restarted may be away for a moment.
template <class Call>
auto Asked(const Call& call) {
  auto answer = call();
  for (int i = 0; i < kTries && !answer && answer.fault.starts_with("UNAVAILABLE"); ++i) {
    std::this_thread::sleep_for(kPause);
    answer = call();
  }
  return answer;
}

[[noreturn]] void Give(const std::string& what) {
  std::fprintf(stderr, "clock probe: %s\n", what.c_str());
  std::exit(3);
}

}  // namespace

ClockProbe::ClockProbe(systemtest::Suite& suite, const FleetClient& client)
    : suite_(suite), client_(client), email_(systemtest::FreshEmail()) {
  const auto registered = Asked([&] { return client_.Register(email_); });
  if (!registered) Give("nobody can register: " + registered.fault);
  user_ = registered->user().user_id();
  good_ = registered->tokens().access_token();
  const auto login = Asked([&] { return client_.Login(email_); });
  if (!login) Give("nobody can log in: " + login.fault);
  revoked_ = login->tokens().access_token();
  revoked_session_ = login->tokens().session_id();
  if (!Asked([&] { return client_.Logout(revoked_); })) Give("nobody can log out");
  bool allowed = true;
  while (allowed) {
    if (TakeToken(suite_, "sessions", email_, allowed) != "OK") Give("no limit can be asked");
  }
  if (Sign(suite_, "keys", user_, seconds(1), expired_) != "OK") Give("nothing can be signed");
  const auto begin = std::chrono::steady_clock::now();
  while (GuardSays(suite_, "guarded", expired_) != "UNAUTHENTICATED TOKEN_EXPIRED") {
    if (std::chrono::steady_clock::now() - begin > kPatience) Give("a token does not expire");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

Faults ClockProbe::Ask() {
  Faults faults;
  for (const std::string service : {"guarded", "auth"}) {
    for (const std::string& name : suite_.replicas(service)) AskGuard(name, faults);
  }
  for (const std::string& name : suite_.replicas("auth")) AskFacade(name, faults);
  for (const std::string& name : suite_.replicas("keys")) AskSigner(name, faults);
  const std::vector<std::string> sessions = suite_.replicas("sessions");
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    AskSessions(sessions[i], sessions[(i + 1) % sessions.size()], faults);
    AskLimit(sessions[i], faults);
  }
  return faults;
}

bool ClockProbe::AwaitGood(const std::string& name) {
  for (int i = 0; i < kTries; ++i) {
    if (GuardSays(suite_, name, good_) == "OK") return true;
    std::this_thread::sleep_for(kPause);
  }
  return false;
}

void ClockProbe::AskGuard(const std::string& name, Faults& faults) {
  const std::string good = GuardSays(suite_, name, good_);
  if (good != "OK") faults.push_back("refused: a good token at " + name + ": " + good);
  for (const auto& [kind, token] : {std::pair("a revoked", revoked_), {"an expired", expired_}}) {
    if (GuardSays(suite_, name, token) == "OK") {
      faults.push_back(std::string("let in: ") + kind + " token at " + name);
    }
  }
}

// Of what a guard would be told that starts now.
void ClockProbe::AskFacade(const std::string& name, Faults& faults) {
  const auto stub = auth::v1::TrustService::NewStub(suite_.Connect(name));
  auth::v1::GetTrustResponse response;
  const std::string outcome = Outcome(*stub, &auth::v1::TrustService::Stub::GetTrust,
                                      auth::v1::GetTrustRequest(), response);
  if (outcome != "OK") faults.push_back("no snapshot from " + name + ": " + outcome);
  for (const auto& revocation : response.snapshot().revocations()) {
    if (revocation.session_id() == revoked_session_) return;
  }
  faults.push_back("let in: a revocation is missing from the snapshot of " + name);
}

void ClockProbe::AskSigner(const std::string& name, Faults& faults) {
  std::string token;
  std::string outcome = Sign(suite_, name, user_, seconds(60), token);
  if (outcome == "OK") outcome = GuardSays(suite_, "guarded", token);
  if (outcome != "OK") faults.push_back("refused: a new token of " + name + ": " + outcome);
}

// The answer to a refresh is lost, and it is repeated through another replica at once.
void ClockProbe::AskSessions(const std::string& name, const std::string& other, Faults& faults) {
  const auto login = Asked([&] { return client_.Login(email_); });
  if (!login) {
    faults.push_back("refused: a login: " + login.fault);
    return;
  }
  sessions::v1::RotateRefreshTokenRequest request;
  request.set_refresh_token(login->tokens().refresh_token());
  request.set_client_id("spiffe://tokenforge.local/app");
  sessions::v1::RotateRefreshTokenResponse response;
  const auto rotate = [&](const std::string& at) {
    const auto stub = sessions::v1::SessionService::NewStub(suite_.Connect(at, "auth"));
    return Outcome(*stub, &sessions::v1::SessionService::Stub::RotateRefreshToken, request,
                   response);
  };
  const std::string first = rotate(name);
  const std::string successor = response.refresh_token().refresh_token();
  const std::string second = rotate(other);
  if (first == "OK" && second == "OK" && successor == response.refresh_token().refresh_token()) {
    return;
  }
  faults.push_back("false theft: a refresh at " + name + " (" + first + ") repeated at " + other +
                   " (" + second + ")");
}

void ClockProbe::AskLimit(const std::string& name, Faults& faults) {
  bool allowed = true;
  const std::string outcome = TakeToken(suite_, name, email_, allowed);
  if (outcome != "OK") faults.push_back("no limit from " + name + ": " + outcome);
  if (allowed) faults.push_back("for free: a used up limit at " + name);
}

}  // namespace tokenforge::drills
