#include "lib/rpc/certificate_life.h"

#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <string>

#include "tests/lib/rpc/certs.h"

namespace tokenforge::rpc::testing {
namespace {

constexpr double kDay = 24 * 3600;

// What the text format says of one gauge; -1 when it says nothing.
double Told(const std::string& name, const std::string& certificate) {
  const std::string text = telemetry::ExposeText();
  const std::string head = "\n" + name + "{certificate=\"" + certificate + "\"} ";
  const std::size_t at = text.find(head);
  return at == std::string::npos ? -1 : std::stod(text.substr(at + head.size()));
}

double Days(double unix_seconds) {
  return (unix_seconds - static_cast<double>(std::time(nullptr))) / kDay;
}

TEST(CertificateLife, TellsOfTheFileAsItIsNow) {
  Certs certs;
  const TlsFiles files = certs.Make("web", {.days = 7});
  const CertificateLife life("first", files.cert_file, Which::kFirst);
  EXPECT_NEAR(Days(Told("tokenforge_certificate_not_after_seconds", "first")), 7, 0.2);
  EXPECT_NEAR(Days(Told("tokenforge_certificate_not_before_seconds", "first")), 0, 0.2);
  certs.Make("web", {.days = 30});
  EXPECT_NEAR(Days(Told("tokenforge_certificate_not_after_seconds", "first")), 30, 0.2);
}

TEST(CertificateLife, KeepsItsLastWordWhileTheFileIsAway) {
  Certs certs;
  const TlsFiles files = certs.Make("web", {.days = 7});
  const CertificateLife life("away", files.cert_file, Which::kFirst);
  const double told = Told("tokenforge_certificate_not_after_seconds", "away");
  Write(files.cert_file, "-----BEGIN CERTIFICATE-----\nhalf of it\n");
  EXPECT_EQ(Told("tokenforge_certificate_not_after_seconds", "away"), told);
  std::filesystem::remove(files.cert_file);
  EXPECT_EQ(Told("tokenforge_certificate_not_after_seconds", "away"), told);
}

TEST(CertificateLife, OfSeveralAuthoritiesTheOneThatEndsFirstCounts) {
  Certs certs;
  const std::string late = Read(certs.Make("late", {.days = 30}).cert_file);
  const std::string early = Read(certs.Make("early", {.days = 3}).cert_file);
  Write(certs.Path("both.crt"), late + early);
  EXPECT_NEAR(Days(LifeOfCertificates(certs.Path("both.crt"), Which::kEarliestEnd)->not_after), 3,
              0.2);
  EXPECT_NEAR(Days(LifeOfCertificates(certs.Path("both.crt"), Which::kFirst)->not_after), 30, 0.2);
}

TEST(CertificateLife, NothingIsKnownOfWhatIsNoCertificate) {
  Certs certs;
  EXPECT_FALSE(LifeOfCertificates(certs.Path("none.crt"), Which::kFirst).has_value());
  EXPECT_FALSE(LifeOfCertificates(certs.Path(""), Which::kFirst).has_value()) << "a folder";
  Write(certs.Path("empty.crt"), "");
  EXPECT_FALSE(LifeOfCertificates(certs.Path("empty.crt"), Which::kEarliestEnd).has_value());
}

}  // namespace
}  // namespace tokenforge::rpc::testing
