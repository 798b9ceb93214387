#include <grpcpp/channel.h>
#include <httplib.h>
#include <rapidjson/document.h>

#include <chrono>
#include <cstdlib>
#include <memory>

#include "cli/client.h"
#include "cli/doctor_finding.h"
#include "lib/config/config.h"
#include "lib/jose/jwk_set.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::cli {
namespace {

using auth::v1::TrustService;
using std::chrono::milliseconds;
constexpr milliseconds kClockWarning{5'000}, kClockProblem{30'000};

Finding Bad(std::string check, std::string found, std::string remedy) {
  return {.check = std::move(check),
          .health = Health::kProblem,
          .found = std::move(found),
          .remedy = std::move(remedy)};
}

std::string TextOf(const absl::Status& status) { return std::string(status.message()); }

milliseconds Now() {
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

// `before` and `after` the call on our clock; theirs was read somewhere in between.
Finding CompareClocks(milliseconds before, milliseconds after,
                      const google::protobuf::Timestamp& theirs) {
  const milliseconds there(theirs.seconds() * 1000 + theirs.nanos() / 1'000'000);
  milliseconds off{0};
  if (there < before) off = there - before;
  if (there > after) off = there - after;
  Finding finding{.check = "clock",
                  .found = off.count() == 0
                               ? "the façade's is ours, as far as one call can tell"
                               : "the façade's is " + std::to_string(std::abs(off.count())) +
                                     " ms " + (off.count() < 0 ? "behind ours" : "ahead of ours")};
  if (std::chrono::abs(off) <= kClockWarning) return finding;
  finding.health = std::chrono::abs(off) > kClockProblem ? Health::kProblem : Health::kWarning;
  finding.remedy = "set both by NTP: beyond 30 s good tokens are refused as expired";
  return finding;
}

Findings LookAtTrust(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = std::unique_ptr<TrustService::StubInterface>(TrustService::NewStub(channel));
  rpc::OutgoingContext context = NewContext();
  const milliseconds before = Now();
  const auto answer =
      CallWith(context, *stub, &TrustService::StubInterface::GetTrust, auth::v1::GetTrustRequest());
  const milliseconds after = Now();
  if (!answer.ok()) {
    return {Bad("trust", TextOf(answer.status()),
                "look at the façade's log, and at keys and sessions behind it")};
  }
  const auto& snapshot = answer->snapshot();
  const auto keys = jose::JwkSet::Parse(snapshot.jwks());
  Findings findings = {CompareClocks(before, after, answer->server_time())};
  if (!keys.ok() || keys->keys().empty()) {
    findings.push_back(Bad("trust", "the façade gives no usable signing key",
                           "look at the log of the keys service"));
  } else {
    findings.push_back({.check = "trust",
                        .found = "issuer " + snapshot.issuer() + ", " +
                                 std::to_string(keys->keys().size()) + " keys, " +
                                 std::to_string(snapshot.revocations_size()) + " revocations"});
  }
  return findings;
}

Findings ReadConditions(const std::string& name, const std::string& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  const bool understood = !document.HasParseError() && document.IsObject() &&
                          document.HasMember("ready") && document["ready"].IsBool() &&
                          document.HasMember("conditions") && document["conditions"].IsArray();
  if (!understood) {
    return {Bad(name, "what answers is no operators' port of ours",
                "give the operators' port (9443 to 9446 by default)")};
  }
  Findings findings;
  for (const auto& each : document["conditions"].GetArray()) {
    const bool known = each.IsObject() && each.HasMember("name") && each["name"].IsString() &&
                       each.HasMember("ok") && each["ok"].IsBool() && each.HasMember("detail") &&
                       each["detail"].IsString();
    if (!known || each["ok"].GetBool()) continue;
    findings.push_back(
        Bad(name, std::string(each["name"].GetString()) + ": " + each["detail"].GetString(),
            "see docs/operations.md, and the log of " + name));
  }
  if (!document["ready"].GetBool() && findings.empty()) {
    findings.push_back(Bad(name, "it is not ready", "it may be draining; look at its log"));
  }
  const std::string version = document.HasMember("version") && document["version"].IsString()
                                  ? document["version"].GetString()
                                  : "";
  if (findings.empty()) {
    findings.push_back({.check = name, .found = "ready, with all it needs, version " + version});
  }
  if (version != config::Version()) {
    findings.push_back(
        {.check = name,
         .health = Health::kWarning,
         .found = "it runs version " + version + ", this program is " + config::Version(),
         .remedy = "use the command line of the suite's own release, and finish an "
                   "update that was begun"});
  }
  return findings;
}

}  // namespace

Findings LookAtFacade(const FacadeOptions& facade) {
  if (const absl::Status open = Connects(facade.address); !open.ok()) {
    return {Bad("port", TextOf(open), "is tokenforge-auth running, and is --auth its address?")};
  }
  Findings findings = {{.check = "port", .found = facade.address + " accepts connections"}};
  if (!rpc::CheckTlsFiles(TlsFilesOf(facade)).ok()) return findings;  // said already
  const auto channel = Reach(facade);
  if (!channel.ok()) {
    findings.push_back(Bad("connection", TextOf(channel.status()),
                           "compare both ca.crt files, and --auth-identity with the façade's "
                           "certificate"));
    return findings;
  }
  findings.push_back({.check = "connection", .found = "mTLS with " + facade.expected});
  for (Finding& each : LookAtTrust(*channel)) findings.push_back(std::move(each));
  return findings;
}

Findings LookAtService(const std::string& named) {
  const std::size_t equals = named.find('=');
  if (equals == std::string::npos || named.find(':', equals) == std::string::npos) {
    return {Bad("operators", named + " is not NAME=HOST:PORT", "write users=127.0.0.1:9444")};
  }
  const std::string name = named.substr(0, equals), address = named.substr(equals + 1);
  httplib::Client client("http://" + address);
  client.set_connection_timeout(2);
  client.set_read_timeout(5);
  const auto answer = client.Get("/readyz");
  if (!answer) {
    return {Bad(name, "nobody answers at " + address,
                "is tokenforge-" + name + " running, and is this its operators' port?")};
  }
  return ReadConditions(name, answer->body);
}

}  // namespace tokenforge::cli
