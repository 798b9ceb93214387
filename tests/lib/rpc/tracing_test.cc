// Where spans go: what endpoints are taken, and whom we show them to.
#include "lib/rpc/tracing.h"

#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <gtest/gtest.h>

#include <future>

#include "lib/telemetry/log.h"
#include "lib/telemetry/span.h"
#include "tests/lib/otlp/receiver.h"
#include "tests/lib/rpc/certs.h"

namespace tokenforge::rpc {
namespace {

using otlp::testing::Receiver;
using testing::Certs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Read;
using ::testing::SizeIs;

TraceSettings To(const std::string& endpoint, const std::string& ca_file = "",
                 const std::string& identity = "") {
  TraceSettings settings;
  settings.endpoint = endpoint;
  settings.ca_file = ca_file;
  settings.identity = identity;
  return settings;
}

std::vector<std::string> MistakesOf(const std::string& endpoint, const std::string& ratio = "1") {
  TraceSettings settings = To(endpoint);
  settings.sample_ratio = ratio;
  return MistakesIn(settings);
}

TEST(TraceSettings, TakePlaintextToThisMachineAndTlsToAnywhere) {
  for (const char* good :
       {"", "http://127.0.0.1:4317", "http://127.8.9.10:4317", "http://localhost:4317/",
        "http://[::1]:4317", "https://collector.observability.svc:4317", "https://10.0.0.7:4317",
        "https://[2001:db8::1]:4317"}) {
    EXPECT_THAT(MistakesOf(good), IsEmpty()) << good;
  }
}

TEST(TraceSettings, RefusePlaintextToAnotherMachine) {
  for (const char* bad :
       {"http://10.0.0.7:4317", "http://collector:4317", "http://[2001:db8::1]:4317",
        "http://127.0.0.1.example.org:4317", "http://localhost.example.org:4317"}) {
    EXPECT_THAT(MistakesOf(bad), ElementsAre(HasSubstr("must be https"))) << bad;
  }
}

TEST(TraceSettings, RefuseWhatIsNoEndpoint) {
  for (const char* bad :
       {"127.0.0.1:4317", "grpc://127.0.0.1:4317", "http://127.0.0.1", "http://:4317",
        "https://collector:0", "https://collector:65536", "https://collector:43x",
        "https://collector:4317/v1/traces", "https://user@collector:4317",
        "https://2001:db8::1:4317", "HTTPS://collector:4317", "https://"}) {
    EXPECT_THAT(MistakesOf(bad), ElementsAre(HasSubstr("otlp-endpoint"))) << bad;
  }
}

TEST(TraceSettings, TakeARatioFromZeroToOne) {
  for (const char* good : {"0", "1", "0.01", "1e-3"}) EXPECT_THAT(MistakesOf("", good), IsEmpty());
  for (const char* bad : {"", "-0.1", "1.01", "nan", "inf", "10%", "0,5", " 1"}) {
    EXPECT_THAT(MistakesOf("", bad), ElementsAre(HasSubstr("trace-sample-ratio"))) << bad;
  }
}

class TracingTls : public ::testing::Test {
 protected:
  TracingTls() : ours_(certs_.MakeFor("spiffe://example.org/notes")) {}

  // A collector of somebody else: an ordinary certificate for a host's name.
  std::shared_ptr<grpc::ServerCredentials> Ordinary(const std::string& host) {
    const TlsFiles files = certs_.Make("collector", {.san = "DNS:" + host});
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = Read(files.ca_file);
    options.pem_key_cert_pairs.push_back({Read(files.key_file), Read(files.cert_file)});
    return grpc::SslServerCredentials(options);
  }
  static void RecordOne() {
    telemetry::TraceContext context = telemetry::TraceContext::New();
    context.flags |= telemetry::TraceContext::kSampled;
    telemetry::Span::Begin(telemetry::SpanKind::kServer, "a", context).End(absl::StatusCode::kOk);
  }
  absl::StatusOr<std::shared_ptr<otlp::Exporter>> Export(const Receiver& receiver,
                                                         TraceSettings settings) {
    settings.endpoint = "https://localhost:" + std::to_string(receiver.port());
    auto exporter = StartTracing({"test", ""}, settings, ours_);
    EXPECT_TRUE(exporter.ok()) << exporter.status();
    RecordOne();
    return exporter;
  }
  void ExpectTaken(const Receiver& receiver, const TraceSettings& settings) {
    const auto exporter = Export(receiver, settings);
    EXPECT_THAT(receiver.WaitFor([](const auto& spans) { return !spans.empty(); }), SizeIs(1));
  }
  void ExpectKeptFrom(const Receiver& receiver, const TraceSettings& settings) {
    std::promise<void> refused;
    bool told = false;
    telemetry::SetLogSink([&](telemetry::Level, std::string_view line) {
      if (line.find("takes no spans") == std::string_view::npos || std::exchange(told, true))
        return;
      refused.set_value();
    });
    {
      const auto exporter = Export(receiver, settings);
      EXPECT_EQ(refused.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
    }
    telemetry::SetLogSink({});
    EXPECT_THAT(receiver.All(), IsEmpty());
  }

  Certs certs_;
  const TlsFiles ours_;
};

TEST_F(TracingTls, ACollectorIsKnownByItsHostNameUnderTheCaThatWasNamed) {
  const Receiver receiver(Ordinary("localhost"));
  ExpectTaken(receiver, {});
}

TEST_F(TracingTls, OneWithAnotherNameGetsNothing) {
  const Receiver receiver(Ordinary("elsewhere.example.org"));
  ExpectKeptFrom(receiver, {});
}

TEST_F(TracingTls, OneOfAnotherCaGetsNothing) {
  certs_.MakeCa("other");
  const Receiver receiver(Ordinary("localhost"));
  ExpectKeptFrom(receiver, To("", certs_.Path("other.crt")));
}

TEST_F(TracingTls, OneOfTheSuiteIsKnownByItsSpiffeId) {
  const Receiver receiver(*ServerTls(certs_.MakeFor("spiffe://example.org/collector")));
  ExpectTaken(receiver, To("", "", "/collector"));
}

TEST_F(TracingTls, OneWithAnotherSpiffeIdGetsNothing) {
  const Receiver receiver(*ServerTls(certs_.MakeFor("spiffe://example.org/stranger")));
  ExpectKeptFrom(receiver, To("", "", "/collector"));
}

TEST_F(TracingTls, FilesThatAreMissingEndTheStart) {
  const auto started =
      StartTracing({"test", ""}, To("https://collector:4317", "", "/collector"), {});
  EXPECT_FALSE(started.ok());
  EXPECT_FALSE(
      telemetry::Span::Begin(telemetry::SpanKind::kServer, "a", telemetry::TraceContext::New()));
}

}  // namespace
}  // namespace tokenforge::rpc
