#include "lib/rpc/tls.h"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <functional>
#include <optional>
#include <utility>

#include "lib/rpc/certificates.h"
#include "lib/rpc/peer.h"
#include "lib/rpc/staged_files.h"
#include "lib/sync/hand_over.h"
#include "lib/telemetry/log.h"

namespace tokenforge::rpc {
namespace {

using grpc::experimental::CertificateVerifier;
using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsCustomVerificationCheckRequest;
using internal::StagedFiles;

// Runs after gRPC has verified the chain. On a server it lets everybody of our CA in (the guard
// asks who it is); on a client it insists on the server's identity. gRPC keeps a verifier as long
// as the credentials, wherever copies of them went, so it also keeps the staged files alive.
class IdentityVerifier final : public ExternalCertificateVerifier {
 public:
  IdentityVerifier(std::shared_ptr<StagedFiles> files, std::optional<SpiffePattern> expected)
      : files_(std::move(files)), expected_(std::move(expected)) {
    sync::HandOver(this);
  }
  ~IdentityVerifier() override { sync::TakeOver(this); }  // where gRPC drops the last credentials

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* status) override {
    const sync::Visit visit(this);
    if (expected_) *status = CheckServer(request->peer_cert());
    return true;  // done, without waiting
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  grpc::Status CheckServer(grpc::string_ref pem) const {
    const auto id = SpiffeIdOfCertificate({pem.data(), pem.size()});
    if (id.ok() && expected_->Matches(*id)) return grpc::Status::OK;
    const std::string detail = id.ok() ? id->text() : std::string(id.status().message());
    telemetry::Log(telemetry::Level::kError, "server is not who it should be",
                   {{"expected", expected_->text()}, {"found", detail}});
    return {grpc::StatusCode::UNAUTHENTICATED, "the server's identity is not the expected one"};
  }

  const std::shared_ptr<StagedFiles> files_;
  const std::optional<SpiffePattern> expected_;
};

template <class Options>
void Prepare(Options& options, std::shared_ptr<StagedFiles> files,
             std::optional<SpiffePattern> expected) {
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<IdentityVerifier>(std::move(files), std::move(expected)));
}

std::shared_ptr<FileWatcherCertificateProvider> ProviderOf(const StagedFiles& files) {
  return std::make_shared<FileWatcherCertificateProvider>(files.pair_path(), files.pair_path(),
                                                          files.ca_path(), 1);
}

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  const auto certificates = internal::ReadCertificates(files);
  if (!certificates.ok()) return certificates.status();
  return internal::CheckCertificates(*certificates, files);
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerTls(const TlsFiles& files,
                                                                   std::chrono::seconds reload) {
  auto staged = StagedFiles::Of(files, reload);
  if (!staged.ok()) return staged.status();
  grpc::experimental::TlsServerCredentialsOptions options(ProviderOf(**staged));
  Prepare(options, *std::move(staged), std::nullopt);
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelTls(const TlsFiles& files,
                                                                     SpiffePattern server,
                                                                     std::chrono::seconds reload) {
  auto staged = StagedFiles::Of(files, reload);
  if (!staged.ok()) return staged.status();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(ProviderOf(**staged));
  options.set_verify_server_certs(true);
  Prepare(options, *std::move(staged), std::move(server));
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace tokenforge::rpc
