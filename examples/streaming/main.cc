// rooms-server: flags, the guard with a policy file, and an end on SIGTERM that fails no call.
#include <grpcpp/grpcpp.h>
#include <tokenforge/guard.h>
#include <tokenforge/server_life.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "rooms_service.h"

namespace {

constexpr char kUsage[] =
    "rooms-server --certs DIR [--listen ADDRESS] [--facade ADDRESS] [--issuer URL]\n"
    "             [--audience NAME] [--identity NAME] [--drain-seconds N]\n"
    "             [--policy-file FILE]\n"
    "  DIR holds ca.crt and this server's certificate and key, NAME.crt and NAME.key.\n"
    "  FILE overrides rules of rooms.proto, and may change while the server runs.\n";

std::map<std::string, std::string> Flags(int argc, char** argv) {
  std::map<std::string, std::string> flags = {{"--listen", "127.0.0.1:7452"},
                                              {"--facade", "127.0.0.1:7443"},
                                              {"--issuer", "http://127.0.0.1:7080"},
                                              {"--audience", "tokenforge"},
                                              {"--identity", "rooms"},
                                              {"--drain-seconds", "0"},
                                              {"--policy-file", ""},
                                              {"--certs", ""}};
  for (int i = 1; i < argc; i += 2) {
    if (!flags.contains(argv[i]) || i + 1 == argc) {
      std::fprintf(stderr, "rooms-server: unknown flag, or no value: %s\n%s", argv[i], kUsage);
      std::exit(2);
    }
    flags[argv[i]] = argv[i + 1];
  }
  return flags;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "rooms-server: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags = Flags(argc, argv);
  // Before any thread exists, so that none of them takes the signals.
  const std::chrono::seconds drain(std::atoi(flags["--drain-seconds"].c_str()));
  tokenforge::ServerLife life({.drain_delay = drain});
  const std::string identity = flags["--certs"] + "/" + flags["--identity"];
  tokenforge::GuardOptions options;
  options.issuer = flags["--issuer"];
  options.audiences = {flags["--audience"]};
  options.facade_address = flags["--facade"];
  options.tls = {identity + ".crt", identity + ".key", flags["--certs"] + "/ca.crt"};
  // Operators tighten or loosen rules without a new build; a file with faults is never taken.
  options.policy_file = flags["--policy-file"];
  const auto credentials = tokenforge::MtlsServerCredentials(options.tls);
  if (!credentials.ok()) return Fail(credentials.status());

  rooms::RoomBook book;
  rooms::RoomsService service(book);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(flags["--listen"], *credentials, &port);
  life.Prepare(builder);
  // Streams never end by themselves, so the drain ends them: their clients go to another replica.
  life.OnDrain(
      [&] { book.EndAll({grpc::StatusCode::UNAVAILABLE, "this server is about to end"}); });

  tokenforge::Guard guard(options);
  guard.Protect<rooms::v1::RoomsService>(&service);
  auto server = guard.Start(builder);
  if (!server.ok()) return Fail(server.status());

  // Without keys every token would be refused: better not to be there yet.
  if (!guard.WaitUntilReady(std::chrono::seconds(30))) {
    return Fail(absl::UnavailableError("no keys from the facade at " + flags["--facade"]));
  }

  const std::string host = flags["--listen"].substr(0, flags["--listen"].rfind(':'));
  std::printf("rooms-server listens on %s:%d\n", host.c_str(), port);
  std::fflush(stdout);
  return life.Serve(*std::move(server));  // until SIGTERM or SIGINT
}
