// notes-server: flags, the guard around the service, and a clean end on SIGTERM.
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <tokenforge/guard.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "notes_service.h"

namespace {

constexpr char kUsage[] =
    "notes-server --certs DIR [--listen ADDRESS] [--facade ADDRESS] [--issuer URL]\n"
    "             [--audience NAME] [--identity NAME]\n"
    "  DIR holds ca.crt and this server's certificate and key, NAME.crt and NAME.key.\n";

std::map<std::string, std::string> Flags(int argc, char** argv) {
  std::map<std::string, std::string> flags = {{"--listen", "127.0.0.1:7450"},
                                              {"--facade", "127.0.0.1:7443"},
                                              {"--issuer", "http://127.0.0.1:7080"},
                                              {"--audience", "tokenforge"},
                                              {"--identity", "example"},
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
  // Before any thread exists, so that all inherit it: the signals are for sigwait below.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  std::map<std::string, std::string> flags = Flags(argc, argv);
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

  tokenforge::Guard guard(options);
  guard.Protect<notes::v1::NotesService>(&notes);  // instead of builder.RegisterService(&notes)
  const auto server = guard.Start(builder);        // instead of builder.BuildAndStart()
  if (!server.ok()) return Fail(server.status());

  std::printf("notes-server listens on %s\n", flags["--listen"].c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  (*server)->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
  return 0;
}
