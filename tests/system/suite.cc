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

std::string PostgresFolder() {
  std::string newest;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql")) {
    const std::string bin = version.path().string() + "/bin";
    if (fs::exists(bin + "/postgres") && bin > newest) newest = bin;
  }
  if (newest.empty()) Give("PostgreSQL is not installed: ./dev deps installs it");
  return newest;
}

// PostgreSQL refuses to run as root: then its package's user runs it.
std::vector<std::string> AsPostgres() {
  if (geteuid() != 0) return {};
  return {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups",
          "--pdeathsig=KILL"};
}

std::vector<std::string> RaisedLimits() {
  std::vector<std::string> flags;
  for (const char* policy : {"login_address", "register_address", "refresh_session"}) {
    flags.push_back(std::string("--rate-limit=") + policy + "=1000000/1000000/1s");
  }
  return flags;
}

// Ready, and all that it needs is there now; but for circuits, which close only when they are used.
bool IsWell(const std::string& readyz) {
  static const std::regex missing(R"("name":"(?!circuit )[^"]*","ok":false)");
  return readyz.starts_with("HTTP/1.1 200") && !std::regex_search(readyz, missing);
}

std::string Joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += word + " ";
  return line;
}

}  // namespace

Suite::Suite(SuiteOptions options) : options_(std::move(options)) {
  char name[] = "/tmp/tf-suite-XXXXXX";
  if (mkdtemp(name) == nullptr) Give("no folder can be made under /tmp");
  dir_ = name;
  for (const char* service : {"users", "keys", "sessions", "auth"}) {
    ports_[service] = FreePort();
    operators_ports_[service] = FreePort();
  }
  http_port_ = FreePort();
}

Suite::~Suite() {
  // The façade first: what it still does needs the others.
  for (const char* name : {"auth", "users", "keys", "sessions", "redis", "postgres"}) {
    const auto found = processes_.find(name);
    if (found == processes_.end() || !found->second.running()) continue;
    found->second.Kill(std::string(name) == "postgres" ? SIGINT : SIGTERM);
    if (!found->second.WaitForEnd(std::chrono::seconds(35))) {
      std::fprintf(stderr, "suite: %s did not stop on SIGTERM\n", name);
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
  std::vector<std::string> all = {"keys", "sessions", "users", "auth"};
  if (options_.postgres) all.insert(all.begin(), "postgres");
  if (options_.redis_url.empty()) all.insert(all.begin(), "redis");
  return all;
}

void Suite::Start() {
  Shell(std::string(TOKENFORGE_DEV) + " certs " + certs() + " >/dev/null");
  Shell(
      "umask 077; for f in refresh kek factor; do printf 'test-1 %s\\n' \"$(openssl rand -base64 "
      "32)\" >" +
      dir_ + "/$f.keys; done");
  WriteRedisUsers();
  if (options_.postgres) StartPostgres();
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

void Suite::StartPostgres() {
  char name[] = "/tmp/tf-postgres-XXXXXX";
  if (mkdtemp(name) == nullptr) Give("no folder can be made under /tmp");
  postgres_dir_ = name;
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (user == nullptr || chown(name, user->pw_uid, user->pw_gid) != 0) {
      Give("PostgreSQL's user is missing");
    }
  }
  Shell("cd / && " + Joined(AsPostgres()) + PostgresFolder() + "/initdb --no-sync -D " +
        postgres_dir_ +
        "/data -U tokenforge -E UTF8 --locale=C.UTF-8 --auth-local=trust >/dev/null 2>&1");
}

void Suite::StartProcess(const std::string& name) {
  if (!processes_[name].Start(CommandOf(name), log(name))) Give(name + " cannot be started");
}

std::vector<std::string> Suite::CommandOf(const std::string& name) const {
  if (name == "redis") {
    return {"/usr/bin/redis-server",
            "--port",
            "0",
            "--unixsocket",
            dir_ + "/redis.sock",
            "--dir",
            dir_,
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            "",
            "--maxmemory-policy",
            "noeviction",
            "--aclfile",
            dir_ + "/redis-users.acl"};
  }
  if (name == "postgres") {
    std::vector<std::string> command = AsPostgres();
    for (const std::string& word :
         {PostgresFolder() + "/postgres", std::string("-D"), postgres_dir_ + "/data",
          std::string("-k"), postgres_dir_, std::string("-c"), std::string("listen_addresses=")}) {
      command.push_back(word);
    }
    return command;
  }
  std::vector<std::string> command = {std::string(TOKENFORGE_BINARIES) + "/services/" + name +
                                      "/tokenforge-" + name};
  for (const std::string& flag : ServiceFlags(name)) command.push_back(flag);
  return command;
}

std::vector<std::string> Suite::ServiceFlags(const std::string& name) const {
  const auto local = [](int port) { return "127.0.0.1:" + std::to_string(port); };
  std::vector<std::string> flags = {
      "--listen=" + local(port(name)),
      "--operators-listen=" + local(operators_port(name)),
      "--tls-cert-file=" + certs() + "/" + name + ".crt",
      "--tls-key-file=" + certs() + "/" + name + ".key",
      "--tls-ca-file=" + certs() + "/ca.crt",
      "--drain-delay=0",
  };
  const auto add = [&flags](const std::vector<std::string>& more) {
    flags.insert(flags.end(), more.begin(), more.end());
  };
  if (name == "users") {
    add({"--bcrypt-cost=" + std::to_string(options_.bcrypt_cost),
         "--factor-key-file=" + dir_ + "/factor.keys", database_flag()});
  } else if (name == "keys") {
    add({"--redis-url=" + redis_address(), "--redis-username=keys",
         "--redis-password-file=" + dir_ + "/redis-keys.password",
         "--kek-file=" + dir_ + "/kek.keys", "--algorithm=" + options_.algorithm,
         "--issuer=" + issuer()});
  } else if (name == "sessions") {
    add({"--redis-url=" + redis_address(), "--redis-username=sessions",
         "--redis-password-file=" + dir_ + "/redis-sessions.password",
         "--refresh-key-file=" + dir_ + "/refresh.keys"});
    // Everybody of a test comes from 127.0.0.1, and a storm is meant to be one.
    if (!options_.limited) add(RaisedLimits());
  } else {
    add({"--http-listen=" + local(http_port_), "--issuer=" + issuer(),
         "--users-address=" + local(port("users")), "--keys-address=" + local(port("keys")),
         "--sessions-address=" + local(port("sessions"))});
  }
  if (const auto more = options_.flags.find(name); more != options_.flags.end()) {
    flags.insert(flags.end(), more->second.begin(), more->second.end());
  }
  return flags;
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
    } else {
      ready = IsWell(HttpGet(operators_port(name), "/readyz"));
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

std::shared_ptr<grpc::Channel> Suite::Connect(const std::string& service, const std::string& as) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadAll(certs() + "/ca.crt");
  tls.pem_cert_chain = ReadAll(certs() + "/" + as + ".crt");
  tls.pem_private_key = ReadAll(certs() + "/" + as + ".key");
  grpc::ChannelArguments arguments;
  // A process that was just started again is found at once.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
                   10'000);  // also the time that an attempt may take
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port(service)),
                                   grpc::SslCredentials(tls), arguments);
}

std::string Suite::HttpGet(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
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

std::string Suite::issuer() const { return "http://127.0.0.1:" + std::to_string(http_port_); }

std::string Suite::database_flag() const {
  return options_.postgres
             ? "--database-url=postgresql:///postgres?host=" + postgres_dir_ + "&user=tokenforge"
             : "--database-url=sqlite://" + dir_ + "/users.db";
}

}  // namespace tokenforge::systemtest
