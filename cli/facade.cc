#include "cli/facade.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/client.h"
#include "cli/exit_code.h"
#include "lib/config/config.h"
#include "lib/rpc/spiffe.h"

namespace tokenforge::cli {
namespace {

constexpr int kPatienceMs = 2000;

// 0, or the errno of a connection that did not come about.
int Connect(const addrinfo& to) {
  const int file = ::socket(to.ai_family, to.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (file < 0) return errno;
  int error = ::connect(file, to.ai_addr, to.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd waiting{file, POLLOUT, 0};
    socklen_t size = sizeof error;
    if (::poll(&waiting, 1, kPatienceMs) <= 0) {
      error = ETIMEDOUT;
    } else if (::getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
      error = errno;
    }
  }
  ::close(file);
  return error;
}

}  // namespace

void Declare(config::Parser& parser, FacadeOptions* options) {
  parser.Address("auth", &options->address, "127.0.0.1:7443", "The façade");
  parser.String("auth-identity", &options->expected, "/auth",
                "Its SPIFFE ID, or its path in our trust domain");
  parser.Path("certs", &options->certs, ".dev/certs",
              "Folder with our certificate and key, and ca.crt");
  parser.String("identity", &options->identity, "app", "Name of our certificate and key there");
}

rpc::TlsFiles TlsFilesOf(const FacadeOptions& options) {
  const std::string base = options.certs + "/";
  return {.cert_file = base + options.identity + ".crt",
          .key_file = base + options.identity + ".key",
          .ca_file = base + "ca.crt"};
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Reach(const FacadeOptions& options) {
  const rpc::TlsFiles files = TlsFilesOf(options);
  if (absl::Status good = rpc::CheckTlsFiles(files); !good.ok()) {
    return WithExitCode(std::move(good), ExitCode::kUsage);
  }
  if (const absl::Status connects = Connects(options.address); !connects.ok()) {
    return absl::UnavailableError("the façade cannot be reached: " +
                                  std::string(connects.message()) + "; is the suite running?");
  }
  auto channel = Reach(options.address, files, options.expected);
  if (channel.ok()) return channel;
  if (!absl::IsUnavailable(channel.status())) {
    return WithExitCode(channel.status(), ExitCode::kUsage);
  }
  return absl::UnavailableError(
      "somebody listens at " + options.address + ", but no secure connection to " +
      options.expected + " comes about: is that the façade, and are its certificate and " +
      files.cert_file + " of the same certificate authority? `tokenforge doctor` looks closer");
}

absl::Status Connects(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  if (const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found); failed != 0) {
    return absl::InvalidArgumentError(address + ": " + ::gai_strerror(failed));
  }
  int error = EADDRNOTAVAIL;
  for (const addrinfo* each = found; each != nullptr && error != 0; each = each->ai_next) {
    error = Connect(*each);
  }
  ::freeaddrinfo(found);
  if (error == 0) return absl::OkStatus();
  return absl::UnavailableError("nobody answers at " + address + " (" + std::strerror(error) + ")");
}

}  // namespace tokenforge::cli
