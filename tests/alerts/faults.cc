#include "tests/alerts/faults.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace tokenforge::systemtest {
namespace {

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

std::string ReadAll(const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

// In one step: who reads it finds the whole of one or the other.
void Replace(const std::string& path, const std::string& content) {
  std::ofstream(path + ".new") << content;
  std::filesystem::rename(path + ".new", path);
}

std::string SignedAnew(const std::string& certificate_file, const std::string& key_file) {
  const Bio from(BIO_new_file(certificate_file.c_str(), "r"));
  const Certificate certificate(PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr));
  const Bio secret(BIO_new_file(key_file.c_str(), "r"));
  const Key key(PEM_read_bio_PrivateKey(secret.get(), nullptr, nullptr, nullptr));
  const Bio to(BIO_new(BIO_s_mem()));
  if (certificate == nullptr || key == nullptr ||
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -100L * 24 * 3600) == nullptr ||
      X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600) == nullptr ||
      X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0 ||
      PEM_write_bio_X509(to.get(), certificate.get()) != 1) {
    std::abort();
  }
  const char* bytes = nullptr;
  const long size = BIO_get_mem_data(to.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

EndingCertificate::EndingCertificate(const std::string& certs, const std::string& name)
    : file_(certs + "/" + name + ".crt"), former_(ReadAll(file_)) {
  Replace(file_, SignedAnew(file_, certs + "/ca.key"));
}

EndingCertificate::~EndingCertificate() { Replace(file_, former_); }

bool ConfigureRedis(const std::string& socket, const std::string& name, const std::string& value) {
  const std::string ask =
      "redis-cli -s " + socket + " CONFIG SET " + name + " " + value + " | grep -q OK";
  return std::system(ask.c_str()) == 0;
}

}  // namespace tokenforge::systemtest
