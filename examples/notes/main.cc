// notes-server: flags, the guard around the service, and an end on SIGTERM that fails no call.
#include <grpcpp/grpcpp.h>
#include <tokenforge/guard.h>
#include <tokenforge/server_life.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "notes_service.h"

namespace {

constexpr char kUsage[] =
    "notes-server --certs DIR [--listen ADDRESS] [--facade ADDRESS] [--issuer URL]\n"
    "             [--audience NAME] [--identity NAME] [--drain-seconds N]\n"
    "  DIR holds ca.crt and this server's certificate and key, NAME.crt and NAME.key.\n";

std::map<std::string, std::string> Flags(int argc, char** argv) {
  std::map<std::string, std::string> flags = {{"--listen", "127.0.0.1:7450"},
                                              {"--facade", "127.0.0.1:7443"},
                                              {"--issuer", "http://127.0.0.1:7080"},
                                              {"--audience", "tokenforge"},
                                              {"--identity", "example"},
                                              {"--drain-seconds", "0"},
                                              {"--certs", ""}};
  for (int i = 1; i < argc; i += 2) {
    if (!flags.contains(argv[i]) || i + 1 == argc) {
      std::fprintf(stderr, "notes-server: unknown flag, or no value: %s\n%s", argv[i], kUsage);
      std::exit(2);
    }
    flags[argv[i]] = argv[i + 1];
  }
  return flags;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "notes-server: %s\n", std::string(status.message()).c_str());
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
  const auto credentials = tokenforge::MtlsServerCredentials(options.tls);
  if (!credentials.ok()) return Fail(credentials.status());

  notes::NotesService notes;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(flags["--listen"], *credentials);
  life.Prepare(builder);  // grpc.health.v1.Health, and the age of connections

  tokenforge::Guard guard(options);
  guard.Protect<notes::v1::NotesService>(&notes);  // instead of builder.RegisterService(&notes)
  auto server = guard.Start(builder);              // instead of builder.BuildAndStart()
  if (!server.ok()) return Fail(server.status());

  std::printf("notes-server listens on %s\n", flags["--listen"].c_str());
  std::fflush(stdout);
  return life.Serve(*std::move(server));  // until SIGTERM or SIGINT
}
