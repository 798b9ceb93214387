#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <ctime>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "cli/doctor_finding.h"
#include "lib/errors/errors.h"
#include "lib/rpc/peer.h"

namespace tokenforge::cli {
namespace {

constexpr std::time_t kDay = 86400;

std::string Octal(mode_t mode) {
  std::ostringstream text;
  text << std::oct << (mode & 0777);
  return "0" + text.str();
}

// Nothing when there is no such file: whoever needs it says so.
std::optional<Finding> LookAtMode(const std::string& check, const std::string& path,
                                  mode_t forbidden, const std::string& mend) {
  struct stat found{};
  if (path.empty() || ::stat(path.c_str(), &found) != 0) return std::nullopt;
  if ((found.st_mode & forbidden) == 0) {
    return Finding{.check = check, .found = path + " has mode " + Octal(found.st_mode)};
  }
  return Finding{.check = check,
                 .health = Health::kProblem,
                 .found = path + " has mode " + Octal(found.st_mode) + ": others may " +
                          ((found.st_mode & forbidden & 0044) != 0 ? "read it" : "change it"),
                 .remedy = mend + " " + path};
}

struct Life {
  std::time_t begin = 0, end = 0;
};

std::time_t TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

// Of the first certificate in a PEM file.
std::optional<Life> LifeOf(const std::string& path) {
  std::ostringstream text;
  const std::ifstream file(path, std::ios::binary);
  if (!file || !(text << file.rdbuf())) return std::nullopt;
  const std::string pem = text.str();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
  if (!certificate) return std::nullopt;
  return Life{TimeOf(X509_get0_notBefore(certificate.get())),
              TimeOf(X509_get0_notAfter(certificate.get()))};
}

Finding LookAtLife(const std::string& check, const std::string& path, std::time_t now) {
  const std::optional<Life> life = LifeOf(path);
  if (!life) {
    return {
        .check = check,
        .health = Health::kProblem,
        .found = path + " cannot be read as a certificate",
        .remedy = "point --certs and --identity at the folder and name of a certificate in PEM"};
  }
  const std::time_t left = life->end - now;
  if (left <= 0 || now < life->begin) {
    return {.check = check,
            .health = Health::kProblem,
            .found = path + (left <= 0 ? " ended " + std::to_string(-left / kDay) + " days ago"
                                       : " is not valid yet"),
            .remedy = left <= 0 ? "have a new one issued; programs take it up by themselves"
                                : "compare this machine's clock with another's"};
  }
  Finding finding{.check = check,
                  .found = path + " lasts " + std::to_string(left / kDay) + " days more"};
  if (left < (life->end - life->begin) / 3) {
    finding.health = Health::kWarning;
    finding.remedy = "two thirds of its life are over: has its renewal stopped?";
  }
  return finding;
}

}  // namespace

Findings LookAtFiles(const FacadeOptions& facade, const std::string& token_file,
                     const std::string& folder) {
  Findings findings;
  const auto add = [&findings](std::optional<Finding> finding) {
    if (finding) findings.push_back(*std::move(finding));
  };
  // A group may read a key: so do Kubernetes' volumes give it to a user.
  add(LookAtMode("permissions", TlsFilesOf(facade).key_file, 0037, "chmod g-wx,o-rwx"));
  add(LookAtMode("permissions", token_file, 0077, "chmod 600"));
  if (!folder.empty()) {
    add(LookAtMode("permissions", folder + "/config", 0022, "chmod go-w"));
  }
  return findings;
}

Findings LookAtCertificates(const FacadeOptions& facade) {
  const rpc::TlsFiles files = TlsFilesOf(facade);
  const std::time_t now = std::time(nullptr);
  Findings findings = {LookAtLife("certificate", files.cert_file, now),
                       LookAtLife("authority", files.ca_file, now)};
  const absl::Status fits = rpc::CheckTlsFiles(files);
  if (fits.ok()) {
    const auto id = rpc::SpiffeIdOfCertificateFile(files.cert_file);
    findings.push_back({.check = "identity", .found = id.ok() ? id->text() : "unknown"});
  }
  for (const errors::FieldFault& fault : errors::FaultsOf(fits)) {
    findings.push_back({.check = "certificate",
                        .health = Health::kProblem,
                        .found = fault.field + " " + fault.description,
                        .remedy = "certificate, key and authority must be of one issue"});
  }
  return findings;
}

}  // namespace tokenforge::cli
