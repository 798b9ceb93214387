// TLS of the HTTP server, seen by an OpenSSL client that knows which certificate it was shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "lib/operators/http_server.h"
#include "lib/telemetry/log.h"
#include "tests/lib/operators/http_client.h"

namespace tokenforge::operators {
namespace {

using ::testing::HasSubstr;

struct Pair {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

Pair MakePair(const std::string& name) {
  Pair pair{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* certificate = pair.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, pair.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_sign(certificate, pair.key.get(), EVP_sha256());
  return pair;
}

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    char name[] = "/tmp/tf-tls-XXXXXX";
    folder_ = mkdtemp(name);
    telemetry::SetLogSink([](telemetry::Level, std::string_view) {});
  }
  ~TlsTest() override {
    telemetry::SetLogSink(nullptr);
    std::filesystem::remove_all(folder_);
  }

  std::string CertificateFile() const { return folder_ / "tls.crt"; }
  std::string KeyFile() const { return folder_ / "tls.key"; }
  HttpOptions Options() const {
    return {.certificate_file = CertificateFile(), .key_file = KeyFile()};
  }

  // Files get a time of their own, so that a change shows however coarse the file system's clock
  // is.
  void Stamp(const std::string& file) {
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(++stamps_));
  }
  void WriteCertificate(const Pair& pair) {
    FILE* file = fopen(CertificateFile().c_str(), "w");
    PEM_write_X509(file, pair.certificate.get());
    fclose(file);
    Stamp(CertificateFile());
  }
  void WriteKey(const Pair& pair) {
    FILE* file = fopen(KeyFile().c_str(), "w");
    PEM_write_PrivateKey(file, pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    fclose(file);
    Stamp(KeyFile());
  }
  void Write(const Pair& pair) {
    WriteCertificate(pair);
    WriteKey(pair);
  }

  std::filesystem::path folder_;
  int stamps_ = 0;
};

struct Shown {
  std::string name;  // CN of the certificate; empty when the handshake failed
  std::string answer;
};

Shown Ask(int port, int newest_version = 0) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_max_proto_version(context.get(), newest_version);
  const std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(context.get()), SSL_free);
  const Connection connection(port);
  Shown shown;
  SSL_set_fd(tls.get(), connection.fd());
  if (connection.open() && SSL_connect(tls.get()) == 1) {
    const std::unique_ptr<X509, void (*)(X509*)> peer(SSL_get1_peer_certificate(tls.get()),
                                                      X509_free);
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, name,
                              sizeof(name));
    shown.name = name;
    const std::string request = "GET /document HTTP/1.1\r\nHost: t\r\n\r\n";
    SSL_write(tls.get(), request.data(), static_cast<int>(request.size()));
    char buffer[1024];
    for (int got = 0; (got = SSL_read(tls.get(), buffer, sizeof(buffer))) > 0;) {
      shown.answer.append(buffer, static_cast<std::size_t>(got));
    }
  }
  return shown;
}

TEST_F(TlsTest, ServesWithItsCertificate) {
  Write(MakePair("one"));
  HttpServer server(Options());
  server.Handle("/document", [](const HttpRequest&) { return HttpResponse{.body = "whole"}; });
  ASSERT_TRUE(server.Start().ok());
  const Shown shown = Ask(server.port());
  EXPECT_EQ(shown.name, "one");
  EXPECT_THAT(shown.answer, HasSubstr("200 OK"));
  EXPECT_THAT(shown.answer, HasSubstr("whole"));
}

TEST_F(TlsTest, RefusesVersionsBefore12) {
  Write(MakePair("one"));
  HttpServer server(Options());
  ASSERT_TRUE(server.Start().ok());
  EXPECT_EQ(Ask(server.port(), TLS1_1_VERSION).name, "");
  EXPECT_EQ(Ask(server.port(), TLS1_2_VERSION).name, "one");
}

TEST_F(TlsTest, TakesUpNewFilesAtTheNextHandshake) {
  Write(MakePair("one"));
  HttpServer server(Options());
  ASSERT_TRUE(server.Start().ok());
  EXPECT_EQ(Ask(server.port()).name, "one");
  Write(MakePair("two"));
  EXPECT_EQ(Ask(server.port()).name, "two");
}

TEST_F(TlsTest, KeepsTheFormerPairUntilTheNewFilesFit) {
  Write(MakePair("one"));
  HttpServer server(Options());
  ASSERT_TRUE(server.Start().ok());
  const Pair two = MakePair("two");
  WriteCertificate(two);
  EXPECT_EQ(Ask(server.port()).name, "one");
  std::filesystem::remove(KeyFile());
  EXPECT_EQ(Ask(server.port()).name, "one");
  WriteKey(two);
  EXPECT_EQ(Ask(server.port()).name, "two");
}

TEST_F(TlsTest, DoesNotStartWithFilesThatMakeNoPair) {
  EXPECT_EQ(HttpServer(Options()).Start().code(), absl::StatusCode::kInvalidArgument);
  WriteCertificate(MakePair("one"));
  WriteKey(MakePair("two"));
  EXPECT_EQ(HttpServer(Options()).Start().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(HttpServer({.certificate_file = CertificateFile()}).Start().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tokenforge::operators
