// The certificate of an HTTP port, read again when its files change. For http_server.cc only.
//
// Before each handshake the files' times are looked at (two stat calls). New files are taken only
// when they load and the key fits the certificate; until then the former pair serves, and one
// warning says why. Thread-safe.
#pragma once

#include <sys/stat.h>

#include <array>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/sync/mutex.h"

struct ssl_ctx_st;
struct ssl_st;

namespace tokenforge::operators {

class TlsContext {
 public:
  // INVALID_ARGUMENT when the files do not make a pair.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Load(std::string certificate_file,
                                                          std::string key_file);

  // Makes a server's context ask here for the certificate; this object outlives it.
  void Attach(ssl_ctx_st* server);

 private:
  using Context = std::shared_ptr<ssl_ctx_st>;
  using Stamp = std::array<struct timespec, 2>;

  TlsContext(std::string certificate_file, std::string key_file)
      : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}
  static int OnHandshake(ssl_st* handshake, void* self);
  absl::StatusOr<Context> ReadPair() const;
  Stamp ReadStamp() const;
  Context Current();

  const std::string certificate_file_;
  const std::string key_file_;
  sync::Mutex mutex_;
  Context context_ ABSL_GUARDED_BY(mutex_);
  Stamp stamp_ ABSL_GUARDED_BY(mutex_){};
};

}  // namespace tokenforge::operators
