#include "lib/rpc/peer.h"

#include <grpcpp/server_context.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"

namespace tokenforge::rpc {
namespace {

namespace reasons = errors::reasons;

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;

constexpr size_t kMaxPem = 256 * 1024;

absl::Status Refused(std::string_view why) {
  return errors::Make(reasons::PEER_NOT_ALLOWED, "the peer's certificate " + std::string(why));
}

absl::StatusOr<std::string> OnlyUriName(const X509* certificate) {
  int critical = 0;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  if (!names) return Refused("has no (or more than one) subject alternative name extension");
  std::string uri;
  int uris = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    ++uris;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    // With its length, not as a C string: a NUL must not hide the rest.
    uri.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
               static_cast<size_t>(ASN1_STRING_length(text)));
  }
  if (uris != 1) return Refused(absl::StrCat("has ", uris, " URI names instead of exactly one"));
  return uri;
}

absl::Status CheckLeaf(X509* certificate) {
  const uint32_t flags = X509_get_extension_flags(certificate);
  if (flags & EXFLAG_INVALID) return Refused("has malformed extensions");
  if (flags & EXFLAG_CA) return Refused("is a CA certificate (cA true)");
  // Without the extension OpenSSL reports every bit; SPIFFE refuses only bits that are set.
  if ((flags & EXFLAG_KUSAGE) &&
      (X509_get_key_usage(certificate) & (KU_KEY_CERT_SIGN | KU_CRL_SIGN))) {
    return Refused("may sign certificates or revocation lists (keyCertSign, cRLSign)");
  }
  return absl::OkStatus();
}

// Identities by certificate. Refusals are kept too: a refused client may try again at any rate.
class Cache {
 public:
  absl::StatusOr<SpiffeId> IdOf(const std::string& pem) {
    {
      const sync::MutexLock lock(&mutex_);
      if (const auto found = ids_.find(pem); found != ids_.end()) return found->second;
    }
    absl::StatusOr<SpiffeId> id = SpiffeIdOfCertificate(pem);
    const sync::MutexLock lock(&mutex_);
    if (ids_.size() >= kEntries) ids_.clear();
    ids_.emplace(pem, id);
    return id;
  }

 private:
  static constexpr size_t kEntries = 256;
  sync::Mutex mutex_;
  absl::flat_hash_map<std::string, absl::StatusOr<SpiffeId>> ids_ ABSL_GUARDED_BY(mutex_);
};

Cache& SharedCache() {
  static Cache* const cache = new Cache;  // calls may still run while statics are destroyed
  return *cache;
}

}  // namespace

absl::StatusOr<SpiffeId> PeerOf(const grpc::ServerContextBase& context) {
  const auto auth = context.auth_context();
  if (!auth || !auth->IsPeerAuthenticated()) {
    // Made once: every call of a plaintext server comes here.
    static const absl::Status& none = *new absl::Status(
        errors::Make(reasons::PEER_NOT_ALLOWED,
                     "the call came without a client certificate; connect with mTLS"));
    return none;
  }
  const auto pems = auth->FindPropertyValues("x509_pem_cert");
  if (pems.size() != 1 || pems[0].size() > kMaxPem) return Refused("is missing or too large");
  return SharedCache().IdOf(std::string(pems[0].data(), pems[0].size()));
}

absl::StatusOr<SpiffeId> SpiffeIdOfCertificate(std::string_view pem) {
  if (pem.size() > kMaxPem) return Refused("is too large");
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();  // this thread's queue is shared with gRPC's TLS
  if (!certificate) return Refused("is not a PEM certificate");
  if (absl::Status leaf = CheckLeaf(certificate.get()); !leaf.ok()) return leaf;
  absl::StatusOr<std::string> uri = OnlyUriName(certificate.get());
  ERR_clear_error();
  if (!uri.ok()) return uri.status();
  absl::StatusOr<SpiffeId> id = SpiffeId::Parse(*uri);
  if (!id.ok()) return Refused(absl::StrCat("has no valid SPIFFE ID: ", id.status().message()));
  return id;
}

absl::StatusOr<SpiffeId> SpiffeIdOfCertificateFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) {
    return errors::InvalidFields({{path, "cannot be read"}});
  }
  return SpiffeIdOfCertificate(content.str());
}

}  // namespace tokenforge::rpc
