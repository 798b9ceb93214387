#include "lib/rpc/certificate_life.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <utility>

namespace tokenforge::rpc {
namespace {

constexpr int kMostCertificates = 64;  // a file without end must not hold up whoever reads metrics

std::optional<double> UnixTime(const ASN1_TIME* time) {
  struct tm broken{};
  if (ASN1_TIME_to_tm(time, &broken) != 1) return std::nullopt;
  return static_cast<double>(timegm(&broken));
}

std::optional<Life> LifeOf(const X509* certificate) {
  const auto begin = UnixTime(X509_get0_notBefore(certificate));
  const auto end = UnixTime(X509_get0_notAfter(certificate));
  if (!begin.has_value() || !end.has_value()) return std::nullopt;
  return Life{*begin, *end};
}

telemetry::Gauge GaugeOf(std::string_view name, std::string_view help, const std::string& which) {
  return telemetry::GaugeFamily(name, help, {"certificate"}).With({which});
}

}  // namespace

std::optional<Life> LifeOfCertificates(const std::string& pem_file, Which which) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(pem_file.c_str(), "r"),
                                                       BIO_free);
  std::optional<Life> found;
  for (int count = 0; file != nullptr && count < kMostCertificates; ++count) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
    if (certificate == nullptr) break;
    const std::optional<Life> life = LifeOf(certificate.get());
    if (life.has_value() && (!found.has_value() || life->not_after < found->not_after)) {
      found = life;
    }
    if (which == Which::kFirst) break;
  }
  ERR_clear_error();  // the end of the file is one
  return found;
}

CertificateLife::CertificateLife(const std::string& name, std::string pem_file, Which which)
    : file_(std::move(pem_file)),
      which_(which),
      begin_(GaugeOf("tokenforge_certificate_not_before_seconds",
                     "When a certificate in use begins to hold, Unix time", name),
             [this] { return Look().not_before; }),
      end_(GaugeOf("tokenforge_certificate_not_after_seconds",
                   "When a certificate in use stops to hold, Unix time", name),
           [this] { return Look().not_after; }) {}

Life CertificateLife::Look() {
  if (const std::optional<Life> life = LifeOfCertificates(file_, which_); life.has_value()) {
    not_before_ = life->not_before;
    not_after_ = life->not_after;
  }
  return {not_before_, not_after_};
}

}  // namespace tokenforge::rpc
