#include "tests/system/suite.h"

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "tests/system/postgres_program.h"

namespace tokenforge::systemtest {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Give(const std::string& why) {
  std::fprintf(stderr, "suite: %s\n", why.c_str());
  std::exit(3);
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void Shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) Give("this failed: " + command);
}

// Ready, and all that it needs is there now; but for circuits, which close only when they are used.
bool IsWell(const std::string& readyz) {
  static const std::regex missing(R"("name":"(?!circuit )[^"]*","ok":false)");
  return readyz.starts_with("HTTP/1.1 200") && !std::regex_search(readyz, missing);
}

std::string MakePostgresFolder() {
  char name[] = "/tmp/tf-postgres-XXXXXX";
  if (mkdtemp(name) == nullptr) Give("no folder can be made under /tmp");
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (user == nullptr || chown(name, user->pw_uid, user->pw_gid) != 0) {
      Give("PostgreSQL's user is missing");
    }
  }
  return name;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += word + " ";
  return line;
}

}  // namespace

Suite::Suite(SuiteOptions options) : options_(std::move(options)) {
  char dir[] = "/tmp/tf-suite-XXXXXX";
  if (mkdtemp(dir) == nullptr) Give("no folder can be made under /tmp");
  dir_ = dir;
  ports_["redis"] = FreePort();
  for (const char* service : {"users", "keys", "sessions", "auth", "guarded"}) {
    for (const std::string& name : replicas(service)) {
      ports_[name] = FreePort();
      operators_ports_[name] = FreePort();
      if (std::string(service) == "auth") http_ports_[name] = FreePort();
    }
  }
  if (options_.postgres) postgres_dir_ = MakePostgresFolder();
}

Suite::~Suite() {
  // The façade first: what it still does needs the others.
  for (const char* service :
       {"guarded", "auth", "users", "keys", "sessions", "redis", "postgres"}) {
    for (const std::string& name : replicas(service)) {
      const auto found = processes_.find(name);
      if (found == processes_.end() || !found->second.running()) continue;
      found->second.Kill(name == "postgres" ? SIGINT : SIGTERM);
      if (!found->second.WaitForEnd(std::chrono::seconds(35))) {
        std::fprintf(stderr, "suite: %s did not stop on SIGTERM\n", name.c_str());
      }
    }
  }
  if (std::getenv("TOKENFORGE_KEEP_SUITE") != nullptr) {
    std::fprintf(stderr, "suite: kept in %s\n", dir_.c_str());
    return;
  }
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
  if (!postgres_dir_.empty()) fs::remove_all(postgres_dir_, ignored);
}

std::vector<std::string> Suite::names() const {
  std::vector<std::string> all;
  for (const std::string service : {"keys", "sessions", "users", "auth", "guarded"}) {
    if (service == "guarded" && !options_.guarded) continue;
    for (std::string& name : replicas(service)) all.push_back(std::move(name));
  }
  if (options_.postgres) all.insert(all.begin(), "postgres");
  if (options_.redis_url.empty()) all.insert(all.begin(), "redis");
  return all;
}

std::vector<std::string> Suite::replicas(const std::string& service) const {
  std::vector<std::string> names = {service};
  if (service == "redis" || service == "postgres") return names;
  for (int i = 2; i <= options_.replicas; ++i) names.push_back(service + "-" + std::to_string(i));
  return names;
}

void Suite::Start() {
  Shell(std::string(TOKENFORGE_DEV) + " certs " + certs() + " >/dev/null");
  Shell(
      "umask 077; for f in refresh kek factor; do printf 'test-1 %s\\n' \"$(openssl rand -base64 "
      "32)\" >" +
      dir_ + "/$f.keys; done");
  WriteRedisUsers();
  if (options_.postgres) MakePostgres();
  for (const std::string& name : names()) StartProcess(name);
  for (const std::string& name : names()) {
    if (!WaitReady(name, std::chrono::seconds(60))) {
      Give(name + " did not become ready; its log:\n" + ReadAll(log(name)));
    }
  }
}

// The users that ship, with passwords; and a default user that may do everything, for the test.
void Suite::WriteRedisUsers() {
  const std::string shipped = fs::path(TOKENFORGE_DEV).parent_path() / "deploy/redis/users.acl";
  std::string changes = "s/^user default .*/user default on nopass ~* \\&* +@all/;";
  for (const std::string user : {"sessions", "keys"}) {
    changes += "s/^user " + user + " on resetpass /&>password-of-" + user + " /;";
    Shell("umask 077; echo password-of-" + user + " >" + dir_ + "/redis-" + user + ".password");
  }
  Shell("sed '" + changes + "' " + shipped + " >" + dir_ + "/redis-users.acl");
}

void Suite::MakePostgres() {
  Shell("cd / && " + Joined(AsPostgres()) + PostgresFolder() + "/initdb --no-sync -D " +
        postgres_dir_ +
        "/data -U tokenforge -E UTF8 --locale=C.UTF-8 --auth-local=trust >/dev/null 2>&1");
  if (options_.place) {
    Shell("echo host all all 10.0.0.0/8 trust >>" + postgres_dir_ + "/data/pg_hba.conf");
  }
}

void Suite::StartProcess(const std::string& name) {
  if (!processes_[name].Start(CommandOf(name), log(name))) Give(name + " cannot be started");
}

std::map<std::string, int> Suite::Restart(const std::vector<std::string>& names, int signal) {
  std::map<std::string, int> codes;
  for (const std::string& name : names) processes_.at(name).Kill(signal);
  for (const std::string& name : names) {
    if (!processes_.at(name).WaitForEnd(std::chrono::seconds(40))) Give(name + " does not end");
    codes[name] = processes_.at(name).exit_code();
    StartProcess(name);
  }
  for (const std::string& name : names) {
    if (!WaitReady(name)) Give(name + " does not come back; its log:\n" + ReadAll(log(name)));
  }
  return codes;
}

bool Suite::WaitReady(const std::string& name, std::chrono::seconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (std::chrono::steady_clock::now() < deadline) {
    bool ready = false;
    if (name == "redis") {
      ready =
          std::system(
              ("redis-cli -s " + dir_ + "/redis.sock ping 2>/dev/null | grep -q PONG").c_str()) ==
          0;
    } else if (name == "postgres") {
      ready = std::system((PostgresFolder() + "/pg_isready -q -h " + postgres_dir_).c_str()) == 0;
    } else if (name.starts_with("guarded")) {
      ready = Serves(name);
    } else {
      ready = IsWell(HttpGet(operators_port(name), "/readyz", PlaceOf(name).address));
    }
    if (ready) return true;
    if (!processes_.at(name).WaitForEnd(std::chrono::milliseconds(10))) continue;
    // A killed PostgreSQL leaves children that hold its shared memory for a moment: then a start
    // fails.
    if (name != "postgres") return false;
    StartProcess(name);
  }
  return false;
}

// A channel that checks health is connected when the server says that it serves.
bool Suite::Serves(const std::string& name) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(
      R"({"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":""}})");
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetString(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, "localhost");  // whatever its address
  const auto channel =
      grpc::CreateCustomChannel(AddressOf(name, port(name)), Credentials("app"), arguments);
  return channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(1));
}

std::shared_ptr<grpc::ChannelCredentials> Suite::Credentials(const std::string& as) const {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadAll(certs() + "/ca.crt");
  tls.pem_cert_chain = ReadAll(certs() + "/" + as + ".crt");
  tls.pem_private_key = ReadAll(certs() + "/" + as + ".key");
  return grpc::SslCredentials(tls);
}

std::shared_ptr<grpc::Channel> Suite::Connect(const std::string& service, const std::string& as) {
  grpc::ChannelArguments arguments;
  // A process that was just started again is found at once.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
                   10'000);  // also the time that an attempt may take
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetString(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, "localhost");
  return grpc::CreateCustomChannel(AddressOf(service, port(service)), Credentials(as), arguments);
}

std::string Suite::HttpGet(int port, const std::string& path, const std::string& host) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
        static_cast<ssize_t>(request.size())) {
      char piece[4096];
      for (ssize_t got; (got = recv(fd, piece, sizeof piece, 0)) > 0;)
        answer.append(piece, static_cast<size_t>(got));
    }
  }
  close(fd);
  return answer;
}

}  // namespace tokenforge::systemtest
