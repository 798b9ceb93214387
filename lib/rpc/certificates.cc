#include "lib/rpc/certificates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/rpc/peer.h"

namespace tokenforge::rpc::internal {
namespace {

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;
using Faults = std::vector<errors::FieldFault>;

struct ErrorQueueGuard {
  ~ErrorQueueGuard() { ERR_clear_error(); }  // gRPC's TLS reads this thread's queue too
};

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (path.empty() || !file || !(content << file.rdbuf())) return std::nullopt;
  return content.str();
}

std::vector<Certificate> ParseChain(const std::string& pem) {
  std::vector<Certificate> chain;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(certificate);
  }
  return chain;
}

// An encrypted key has nobody to ask for its pass phrase: refuse instead of reading the terminal.
int NoPassPhrase(char*, int, int, void*) { return 0; }

Key ParseKey(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassPhrase, nullptr));
}

// Empty when the chain leads to one of the CA's certificates; else why not.
std::string ChainFault(const std::vector<Certificate>& chain, const std::vector<Certificate>& ca) {
  const Store store(X509_STORE_new());
  for (const Certificate& root : ca) X509_STORE_add_cert(store.get(), root.get());
  STACK_OF(X509)* between = sk_X509_new_null();
  for (size_t i = 1; i < chain.size(); ++i) sk_X509_push(between, chain[i].get());
  const StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), between);
  const bool good = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(between);
  return good ? "" : X509_verify_cert_error_string(error);
}

void CheckKey(const Key& key, X509* leaf, const TlsFiles& files, Faults& faults) {
  if (!key) {
    faults.push_back({files.key_file, "is not a private key in PEM without a pass phrase"});
    return;
  }
  if (EVP_PKEY_is_a(key.get(), "RSA") && EVP_PKEY_get_bits(key.get()) < 2048) {
    faults.push_back({files.key_file, "is an RSA key of fewer than 2048 bits"});
  }
  if (leaf != nullptr && X509_check_private_key(leaf, key.get()) != 1) {
    faults.push_back({files.key_file, "does not belong to the certificate " + files.cert_file});
  }
}

}  // namespace

absl::StatusOr<Certificates> ReadCertificates(const TlsFiles& files) {
  Certificates read;
  Faults faults;
  const auto take = [&](const char* what, const std::string& path, std::string& into) {
    std::optional<std::string> content = ReadFile(path);
    if (content) {
      into = *std::move(content);
    } else {
      faults.push_back({path.empty() ? what : path, "cannot be read (" + std::string(what) + ")"});
    }
  };
  take("TLS certificate", files.cert_file, read.cert);
  take("TLS private key", files.key_file, read.key);
  take("TLS CA certificates", files.ca_file, read.ca);
  if (!faults.empty()) return errors::InvalidFields(faults);
  return read;
}

absl::Status CheckCertificates(const Certificates& certificates, const TlsFiles& files) {
  const ErrorQueueGuard guard;
  Faults faults;
  const std::vector<Certificate> chain = ParseChain(certificates.cert);
  const std::vector<Certificate> ca = ParseChain(certificates.ca);
  X509* const leaf = chain.empty() ? nullptr : chain[0].get();
  if (leaf == nullptr) faults.push_back({files.cert_file, "holds no certificate in PEM"});
  if (ca.empty()) faults.push_back({files.ca_file, "holds no certificate in PEM"});
  CheckKey(ParseKey(certificates.key), leaf, files, faults);
  if (leaf != nullptr) {
    if (const auto id = SpiffeIdOfCertificate(certificates.cert); !id.ok()) {
      faults.push_back({files.cert_file, std::string(id.status().message())});
    }
  }
  if (leaf != nullptr && !ca.empty()) {
    const std::string fault = ChainFault(chain, ca);
    if (!fault.empty()) {
      faults.push_back(
          {files.cert_file, "does not verify against " + files.ca_file + ": " + fault});
    }
  }
  return errors::InvalidFields(faults);
}

}  // namespace tokenforge::rpc::internal
