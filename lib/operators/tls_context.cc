#include "lib/operators/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>
#include <ctime>

#include "lib/telemetry/log.h"

namespace tokenforge::operators {

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Load(std::string certificate_file,
                                                             std::string key_file) {
  std::unique_ptr<TlsContext> made(
      new TlsContext(std::move(certificate_file), std::move(key_file)));
  const Stamp stamp = made->ReadStamp();
  absl::StatusOr<Context> pair = made->ReadPair();
  if (!pair.ok()) return pair.status();
  sync::MutexLock lock(&made->mutex_);
  made->context_ = *std::move(pair);
  made->stamp_ = stamp;
  return made;
}

void TlsContext::Attach(ssl_ctx_st* server) {
  SSL_CTX_set_min_proto_version(server, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_cert_cb(server, &TlsContext::OnHandshake, this);
}

int TlsContext::OnHandshake(ssl_st* handshake, void* self) {
  const Context current = static_cast<TlsContext*>(self)->Current();
  return SSL_set_SSL_CTX(handshake, current.get()) != nullptr ? 1 : 0;
}

absl::StatusOr<TlsContext::Context> TlsContext::ReadPair() const {
  const auto refuse = [](const std::string& what) {
    ERR_clear_error();
    return absl::InvalidArgumentError(what);
  };
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return refuse("OpenSSL has no memory for a TLS context");
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file_.c_str()) != 1) {
    return refuse("not a readable PEM certificate chain: " + certificate_file_);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file_.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return refuse("not the PEM private key of " + certificate_file_ + ": " + key_file_);
  }
  return context;
}

TlsContext::Stamp TlsContext::ReadStamp() const {
  Stamp stamp{};
  struct stat status{};
  if (stat(certificate_file_.c_str(), &status) == 0) stamp[0] = status.st_mtim;
  if (stat(key_file_.c_str(), &status) == 0) stamp[1] = status.st_mtim;
  return stamp;
}

TlsContext::Context TlsContext::Current() {
  // Looked at before reading: files that change while they are read are read again at the next
  // handshake.
  const Stamp stamp = ReadStamp();
  sync::MutexLock lock(&mutex_);
  if (std::memcmp(&stamp, &stamp_, sizeof(stamp)) == 0) return context_;
  stamp_ = stamp;
  absl::StatusOr<Context> pair = ReadPair();
  if (pair.ok()) {
    context_ = *std::move(pair);
    telemetry::Log(telemetry::Level::kInfo, "certificate reloaded",
                   {{"certificate_file", certificate_file_}});
  } else {
    telemetry::Log(telemetry::Level::kWarning, "certificate not reloaded; the former one serves",
                   {{"cause", std::string(pair.status().message())}});
  }
  return context_;
}

}  // namespace tokenforge::operators
