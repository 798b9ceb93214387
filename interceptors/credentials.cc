#include "tokenforge/credentials.h"

#include "lib/rpc/peer.h"
#include "lib/rpc/tls.h"

namespace tokenforge {
namespace {

rpc::TlsFiles Files(const MtlsFiles& files) {
  return {files.cert_file, files.key_file, files.ca_file};
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MtlsServerCredentials(
    const MtlsFiles& files) {
  return rpc::ServerTls(Files(files));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MtlsChannelCredentials(
    const MtlsFiles& files, const std::string& server_identity) {
  const absl::StatusOr<rpc::SpiffeId> own = rpc::SpiffeIdOfCertificateFile(files.cert_file);
  if (!own.ok()) return own.status();
  auto server = rpc::SpiffePattern::Parse(server_identity, own->trust_domain());
  if (!server.ok()) return server.status();
  return rpc::ChannelTls(Files(files), *std::move(server));
}

}  // namespace tokenforge
