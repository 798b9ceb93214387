#include "lib/rpc/tls.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"
#include "tests/lib/rpc/certs.h"
#include "tests/lib/rpc/key_server.h"

namespace tokenforge::rpc::testing {
namespace {

namespace reasons = errors::reasons;

constexpr char kKeys[] = "URI:spiffe://example.org/keys,DNS:localhost";

class TlsTest : public ::testing::Test {
 protected:
  std::shared_ptr<grpc::Channel> Channel(const KeyServer& server, const TlsFiles& client,
                                         const std::string& expected = "/keys") {
    auto pattern = SpiffePattern::Parse(expected, "example.org");
    auto credentials = ChannelTls(client, *pattern);
    EXPECT_TRUE(credentials.ok()) << credentials.status();
    return Open(server, *credentials);
  }
  // A client that checks nothing about itself, to show certificates that ours would refuse to use.
  std::shared_ptr<grpc::Channel> CarelessChannel(const KeyServer& server, const TlsFiles& client) {
    return Open(server, grpc::SslCredentials({Read(certs_.Path("ca.crt")), Read(client.key_file),
                                              Read(client.cert_file)}));
  }
  static std::shared_ptr<grpc::Channel> Open(
      const KeyServer& server, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    return grpc::CreateCustomChannel(server.target(), credentials, arguments);
  }
  absl::Status CheckFiles(const TlsFiles& files) { return CheckTlsFiles(files); }

  Certs certs_;
  TlsFiles keys_ = certs_.Make("keys", {.san = kKeys});
  TlsFiles web_ = certs_.Make("web");
};

TEST_F(TlsTest, HandlerSeesTheSpiffeIdOfItsClient) {
  KeyServer server(keys_);
  const Got got = GetJwks(Channel(server, web_));
  EXPECT_TRUE(got.status.ok()) << got.status.error_message();
  EXPECT_EQ(got.jwks, "spiffe://example.org/web");
}

TEST_F(TlsTest, RsaCertificatesWorkToo) {
  KeyServer server(certs_.Make("rsa", {.san = kKeys, .key = "rsa2048"}));
  EXPECT_TRUE(GetJwks(Channel(server, web_)).status.ok());
}

TEST_F(TlsTest, ClientOfAnotherCaDoesNotReachTheHandler) {
  certs_.MakeCa("other");
  const TlsFiles stranger = certs_.Make("stranger", {.ca = "other"});
  KeyServer server(keys_);
  EXPECT_EQ(GetJwks(CarelessChannel(server, stranger)).status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server.keys.calls, 0);
}

TEST_F(TlsTest, ClientWithoutCertificateDoesNotReachTheHandler) {
  KeyServer server(keys_);
  const auto credentials = grpc::SslCredentials({Read(certs_.Path("ca.crt")), "", ""});
  EXPECT_EQ(GetJwks(Open(server, credentials)).status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server.keys.calls, 0);
}

TEST_F(TlsTest, PlaintextClientDoesNotReachTheHandler) {
  KeyServer server(keys_);
  EXPECT_FALSE(GetJwks(Open(server, grpc::InsecureChannelCredentials())).status.ok());
  EXPECT_EQ(server.keys.calls, 0);
}

TEST_F(TlsTest, PlaintextConnectionHasNoPeer) {
  KeyServer server(grpc::InsecureServerCredentials());
  const Got got = GetJwks(Open(server, grpc::InsecureChannelCredentials()));
  EXPECT_EQ(errors::ReasonOf(FromGrpc(got.status)), reasons::PEER_NOT_ALLOWED);
}

TEST_F(TlsTest, ExpiredClientCertificateDoesNotReachTheHandler) {
  const TlsFiles expired = certs_.Make("expired", {.days = -1});
  KeyServer server(keys_);
  EXPECT_FALSE(GetJwks(CarelessChannel(server, expired)).status.ok());
  EXPECT_EQ(server.keys.calls, 0);
}

TEST_F(TlsTest, ClientLeavesAServerWithAnotherIdentity) {
  KeyServer server(certs_.Make("users", {.san = "URI:spiffe://example.org/users,DNS:localhost"}));
  EXPECT_EQ(GetJwks(Channel(server, web_)).status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server.keys.calls, 0);
}

TEST_F(TlsTest, ClientLeavesAServerOfAnotherCa) {
  certs_.MakeCa("other");
  const TlsFiles imposter = certs_.Make("imposter", {.san = kKeys, .ca = "other"});
  KeyServer server(imposter);
  EXPECT_FALSE(GetJwks(Channel(server, web_)).status.ok());
  EXPECT_EQ(server.keys.calls, 0);
}

struct BadLeaf {
  const char* name;
  Leaf leaf;
};

TEST_F(TlsTest, CertificateThatIsNoSvidIsNoPeer) {
  const BadLeaf table[] = {
      {"two-uris", {.san = "URI:spiffe://example.org/web,URI:spiffe://example.org/admin"}},
      {"uri-beside", {.san = "URI:spiffe://example.org/web,URI:https://example.org"}},
      {"dns-only", {.san = "DNS:web.example.org"}},
      {"spiffe-in-dns", {.san = "DNS:spiffe://example.org/web"}},
      {"spiffe-in-email", {.san = "email:web@example.org"}},
      {"none", {.san = ""}},
      {"https", {.san = "URI:https://example.org/web"}},
      {"no-path", {.san = "URI:spiffe://example.org"}},
      {"upper-case", {.san = "URI:spiffe://EXAMPLE.org/web"}},
      {"dots", {.san = "URI:spiffe://example.org/a/../web"}},
      {"port", {.san = "URI:spiffe://example.org:1/web"}},
      {"ca", {.constraints = "critical,CA:TRUE"}},
      {"cert-sign", {.usage = "critical,digitalSignature,keyCertSign"}},
      {"crl-sign", {.usage = "critical,digitalSignature,cRLSign"}},
  };
  KeyServer server(keys_);
  for (const BadLeaf& row : table) {
    const TlsFiles files = certs_.Make(row.name, row.leaf);
    EXPECT_FALSE(SpiffeIdOfCertificateFile(files.cert_file).ok()) << row.name;
    EXPECT_FALSE(CheckTlsFiles(files).ok()) << row.name;
    const Got got = GetJwks(CarelessChannel(server, files));
    EXPECT_FALSE(got.status.ok()) << row.name;
    EXPECT_EQ(got.jwks, "") << row.name;
    if (got.status.error_code() !=
        grpc::StatusCode::UNAVAILABLE) {  // else refused at the handshake
      EXPECT_EQ(errors::ReasonOf(FromGrpc(got.status)), reasons::PEER_NOT_ALLOWED) << row.name;
    }
  }
}

TEST_F(TlsTest, LeafWithDnsAndIpNamesBesideItsUriIsAnSvid) {
  const TlsFiles files =
      certs_.Make("extra", {.san = "DNS:localhost,IP:127.0.0.1,URI:spiffe://example.org/web"});
  EXPECT_EQ(SpiffeIdOfCertificateFile(files.cert_file)->text(), "spiffe://example.org/web");
}

std::string Faults(const absl::Status& status) { return std::string(status.message()); }

TEST_F(TlsTest, KeyOfAnotherCertificateIsAClearFault) {
  TlsFiles mixed = keys_;
  mixed.key_file = web_.key_file;
  EXPECT_NE(Faults(CheckTlsFiles(mixed)).find("does not belong to the certificate"),
            std::string::npos);
  EXPECT_FALSE(ServerTls(mixed).ok());
}

TEST_F(TlsTest, EveryMissingFileIsNamedAtOnce) {
  const absl::Status status = CheckTlsFiles({"/nowhere/a.crt", "", "/nowhere/ca.crt"});
  EXPECT_EQ(errors::FaultsOf(status).size(), 3u);
  EXPECT_NE(Faults(status).find("/nowhere/a.crt"), std::string::npos);
}

TEST_F(TlsTest, UnfitFilesAreRefusedBeforeTheStart) {
  certs_.MakeCa("other");
  TlsFiles foreign = certs_.Make("foreign", {.ca = "other"});
  foreign.ca_file = certs_.Path("ca.crt");
  EXPECT_NE(Faults(CheckTlsFiles(foreign)).find("does not verify against"), std::string::npos);
  const TlsFiles expired = certs_.Make("expired", {.days = -1});
  EXPECT_NE(Faults(CheckTlsFiles(expired)).find("expired"), std::string::npos);
  const TlsFiles weak = certs_.Make("weak", {.key = "rsa1024"});
  EXPECT_NE(Faults(CheckTlsFiles(weak)).find("2048"), std::string::npos);
  TlsFiles junk = keys_;
  junk.cert_file = junk.key_file;
  EXPECT_NE(Faults(CheckTlsFiles(junk)).find("holds no certificate"), std::string::npos);
}

// Asks on fresh connections until the server's certificate has changed; bounded by the test's time.
void AwaitIdentity(const std::function<Got()>& ask, bool wanted) {
  while (ask().status.ok() != wanted) std::this_thread::yield();
}

TEST_F(TlsTest, NewFilesAreTakenWithoutDroppingConnections) {
  KeyServer server(keys_);
  const auto old = Channel(server, web_);
  ASSERT_TRUE(GetJwks(old).status.ok());
  certs_.Make("keys", {.san = "URI:spiffe://example.org/keys2,DNS:localhost"});
  AwaitIdentity([&] { return GetJwks(Channel(server, web_, "/keys2")); }, true);
  EXPECT_TRUE(GetJwks(old).status.ok());
}

TEST_F(TlsTest, NewFilesThatDoNotFitAreNotTaken) {
  KeyServer server(keys_);
  const std::string good_key = Read(keys_.key_file);
  certs_.Make("next", {.san = "URI:spiffe://example.org/keys2,DNS:localhost"});
  std::promise<void> refused;
  std::atomic<bool> once = false;
  telemetry::SetLogSink([&](telemetry::Level, std::string_view line) {
    const bool hit = line.find("new TLS files do not fit") != std::string_view::npos;
    if (hit && !once.exchange(true)) refused.set_value();
  });
  Write(keys_.cert_file, Read(certs_.Path("next.crt")));  // and the old key
  refused.get_future().wait();
  EXPECT_TRUE(GetJwks(Channel(server, web_, "/keys")).status.ok());
  Write(keys_.key_file, Read(certs_.Path("next.key")));  // the set is complete
  AwaitIdentity([&] { return GetJwks(Channel(server, web_, "/keys2")); }, true);
  telemetry::SetLogSink({});
}

TEST_F(TlsTest, RemovedCaIsNoLongerTrusted) {
  certs_.MakeCa("second");
  TlsFiles both = keys_;
  both.ca_file = certs_.Path("both.crt");
  Write(both.ca_file, Read(certs_.Path("ca.crt")) + Read(certs_.Path("second.crt")));
  TlsFiles client = certs_.Make("client", {.ca = "second"});
  KeyServer server(both);
  ASSERT_TRUE(GetJwks(CarelessChannel(server, client)).status.ok());
  Write(both.ca_file, Read(certs_.Path("ca.crt")));
  AwaitIdentity([&] { return GetJwks(CarelessChannel(server, client)); }, false);
}

}  // namespace
}  // namespace tokenforge::rpc::testing
