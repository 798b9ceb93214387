// gateway: flags, the channel to the façade, HTTPS, and an end on SIGTERM that answers what it has
// begun.
#include <httplib.h>
#include <signal.h>
#include <tokenforge/client.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>

#include "gateway.h"

namespace {

constexpr char kUsage[] =
    "gateway --certs DIR --origin https://HOST[:PORT] [--host ADDRESS] [--port PORT]\n"
    "        [--facade ADDRESS] [--identity NAME] [--tls-cert FILE --tls-key FILE]\n"
    "  DIR holds ca.crt, and our certificate and key for the facade, NAME.crt and NAME.key.\n"
    "  FILE is what browsers see; without it NAME.crt and NAME.key, for development.\n";

std::map<std::string, std::string> Flags(int argc, char** argv) {
  std::map<std::string, std::string> flags = {{"--certs", ""},    {"--origin", ""},
                                              {"--port", "8443"}, {"--facade", "127.0.0.1:7443"},
                                              {"--tls-cert", ""}, {"--identity", "gateway"},
                                              {"--tls-key", ""},  {"--host", "127.0.0.1"}};
  for (int i = 1; i < argc; i += 2) {
    if (!flags.contains(argv[i]) || i + 1 == argc) {
      std::fprintf(stderr, "gateway: unknown flag, or no value: %s\n%s", argv[i], kUsage);
      std::exit(2);
    }
    flags[argv[i]] = argv[i + 1];
  }
  return flags;
}

int Fail(const std::string& what) {
  std::fprintf(stderr, "gateway: %s\n", what.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags = Flags(argc, argv);
  // Before any thread exists, so that none of them takes the signals; writes to browsers that have
  // gone raise SIGPIPE.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (!flags["--origin"].starts_with("https://")) return Fail("--origin wants https://HOST[:PORT]");

  const std::string identity = flags["--certs"] + "/" + flags["--identity"];
  tokenforge::ClientOptions options;
  options.addresses = flags["--facade"];
  options.identity = "/auth";  // nobody else gets to see a password
  options.tls = {identity + ".crt", identity + ".key", flags["--certs"] + "/ca.crt"};
  options.safe_to_repeat = tokenforge::FacadeMethodsSafeToRepeat();
  const auto channel = tokenforge::MakeChannel(options);
  if (!channel.ok()) return Fail(std::string(channel.status().message()));

  const std::string cert = flags["--tls-cert"].empty() ? identity + ".crt" : flags["--tls-cert"];
  const std::string key = flags["--tls-key"].empty() ? identity + ".key" : flags["--tls-key"];
  httplib::SSLServer server([&](SSL_CTX& tls) {
    return SSL_CTX_set_min_proto_version(&tls, TLS1_2_VERSION) == 1 &&
           SSL_CTX_use_certificate_chain_file(&tls, cert.c_str()) == 1 &&
           SSL_CTX_use_PrivateKey_file(&tls, key.c_str(), SSL_FILETYPE_PEM) == 1;
  });
  if (!server.is_valid()) return Fail("no good certificate and key for HTTPS: " + cert);
  server.set_payload_max_length(16 * 1024);  // forms are small
  server.set_read_timeout(5);                // who is slow does not hold a thread for ever
  gateway::Gateway gateway(*channel, flags["--origin"]);
  gateway.Serve(server);

  int port = std::atoi(flags["--port"].c_str());
  if (port == 0) {
    port = server.bind_to_any_port(flags["--host"]);
  } else if (!server.bind_to_port(flags["--host"], port)) {
    port = -1;
  }
  if (port < 0) return Fail("cannot listen on " + flags["--host"] + ":" + flags["--port"]);
  std::printf("gateway listens on %s:%d\n", flags["--host"].c_str(), port);
  std::fflush(stdout);

  std::atomic<bool> over = false;
  std::thread end([&] {
    int signal = 0;
    sigwait(&ends, &signal);
    // A server that does not listen yet cannot be stopped.
    while (!server.is_running() && !over) std::this_thread::yield();
    server.stop();  // takes no more connections; those that are served get their answers
  });
  const bool served = server.listen_after_bind();
  over = true;
  if (!served) pthread_kill(end.native_handle(), SIGTERM);
  end.join();
  return served ? 0 : 1;
}
