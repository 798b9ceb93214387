// How each process of a suite is started.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "tests/system/postgres_program.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

namespace fs = std::filesystem;

// "auth-2" is a replica of "auth".
std::string ServiceOf(const std::string& name) { return name.substr(0, name.find('-')); }

std::vector<std::string> RaisedLimits() {
  std::vector<std::string> flags;
  for (const char* policy : {"login_address", "register_address", "refresh_session"}) {
    flags.push_back(std::string("--rate-limit=") + policy + "=1000000/1000000/1s");
  }
  return flags;
}

}  // namespace

std::string PostgresFolder() {
  std::string newest;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql")) {
    const std::string bin = version.path().string() + "/bin";
    if (fs::exists(bin + "/postgres") && bin > newest) newest = bin;
  }
  if (newest.empty()) {
    std::fputs("suite: PostgreSQL is not installed: ./dev deps installs it\n", stderr);
    std::exit(3);
  }
  return newest;
}

// PostgreSQL refuses to run as root: then its package's user runs it.
std::vector<std::string> AsPostgres() {
  if (geteuid() != 0) return {};
  return {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups",
          "--pdeathsig=KILL"};
}

Place Suite::PlaceOf(const std::string& name) const {
  return options_.place ? options_.place(name) : Place();
}

std::string Suite::AddressOf(const std::string& name, int port) const {
  return PlaceOf(name).address + ":" + std::to_string(port);
}

std::vector<std::string> Suite::CommandOf(const std::string& name) const {
  std::vector<std::string> command = PlaceOf(name).command;
  for (std::string& word : ProgramOf(name)) command.push_back(std::move(word));
  return command;
}

std::vector<std::string> Suite::ProgramOf(const std::string& name) const {
  if (name == "redis") return RedisCommand();
  if (name == "postgres") return PostgresCommand();
  if (ServiceOf(name) == "guarded") {
    return {std::string(TOKENFORGE_BINARIES) + "/tests/system/tf_guarded_server",
            AddressOf(name, port(name)),
            addresses("auth"),
            issuer(),
            certs(),
            std::to_string(options_.drain_delay.count())};
  }
  std::vector<std::string> command = {std::string(TOKENFORGE_BINARIES) + "/services/" +
                                      ServiceOf(name) + "/tokenforge-" + ServiceOf(name)};
  for (const std::string& flag : ServiceFlags(name)) command.push_back(flag);
  return command;
}

std::vector<std::string> Suite::RedisCommand() const {
  std::vector<std::string> command = {"/usr/bin/redis-server",
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
                                      dir_ + "/redis-users.acl",
                                      "--port"};
  if (!options_.place) {
    command.emplace_back("0");
    return command;
  }
  for (const std::string& word :
       {std::to_string(port("redis")), std::string("--bind"), PlaceOf("redis").address,
        std::string("--protected-mode"), std::string("no")}) {
    command.push_back(word);
  }
  return command;
}

std::vector<std::string> Suite::PostgresCommand() const {
  std::vector<std::string> command = AsPostgres();
  const std::string listen = options_.place ? PlaceOf("postgres").address : "";
  for (const std::string& word :
       {PostgresFolder() + "/postgres", std::string("-D"), postgres_dir_ + "/data",
        std::string("-k"), postgres_dir_, std::string("-c"), "listen_addresses=" + listen}) {
    command.push_back(word);
  }
  return command;
}

std::string Suite::addresses(const std::string& service) const {
  std::string list;
  for (const std::string& name : replicas(service)) {
    list += (list.empty() ? "" : ",") + AddressOf(name, port(name));
  }
  return list;
}

std::string Suite::redis_address() const {
  if (!options_.redis_url.empty()) return options_.redis_url;
  return options_.place ? "redis://" + AddressOf("redis", port("redis"))
                        : "unix://" + dir_ + "/redis.sock";
}

std::vector<std::string> Suite::ServiceFlags(const std::string& name) const {
  const std::string service = ServiceOf(name);
  const auto local = [&](int port) { return AddressOf(name, port); };
  std::vector<std::string> flags = {
      "--listen=" + local(port(name)),
      "--operators-listen=" + local(operators_port(name)),
      "--tls-cert-file=" + certs() + "/" + service + ".crt",
      "--tls-key-file=" + certs() + "/" + service + ".key",
      "--tls-ca-file=" + certs() + "/ca.crt",
      "--drain-delay=" + std::to_string(options_.drain_delay.count()) + "ms",
  };
  const auto add = [&flags](const std::vector<std::string>& more) {
    flags.insert(flags.end(), more.begin(), more.end());
  };
  if (service == "users") {
    add({"--bcrypt-cost=" + std::to_string(options_.bcrypt_cost),
         "--factor-key-file=" + dir_ + "/factor.keys", database_flag()});
  } else if (service == "keys") {
    add({"--redis-url=" + redis_address(), "--redis-username=keys",
         "--redis-password-file=" + dir_ + "/redis-keys.password",
         "--kek-file=" + dir_ + "/kek.keys", "--algorithm=" + options_.algorithm,
         "--issuer=" + issuer()});
  } else if (service == "sessions") {
    add({"--redis-url=" + redis_address(), "--redis-username=sessions",
         "--redis-password-file=" + dir_ + "/redis-sessions.password",
         "--refresh-key-file=" + dir_ + "/refresh.keys"});
    // Everybody of a test comes from 127.0.0.1, and a storm is meant to be one.
    if (!options_.limited) add(RaisedLimits());
  } else {
    add({"--http-listen=" + local(http_ports_.at(name)), "--issuer=" + issuer(),
         "--users-address=" + addresses("users"), "--keys-address=" + addresses("keys"),
         "--sessions-address=" + addresses("sessions")});
  }
  if (!options_.circuit_open_time.empty()) {
    add({"--circuit-open-time=" + options_.circuit_open_time});
  }
  if (const auto more = options_.flags.find(service); more != options_.flags.end()) {
    flags.insert(flags.end(), more->second.begin(), more->second.end());
  }
  return flags;
}

std::string Suite::issuer() const { return "http://" + AddressOf("auth", http_port()); }

std::string Suite::database_flag() const {
  if (!options_.postgres) return "--database-url=sqlite://" + dir_ + "/users.db";
  std::string host = options_.place ? PlaceOf("postgres").address : postgres_dir_;
  if (!options_.postgres_folder.empty()) host = options_.postgres_folder;
  return "--database-url=postgresql:///postgres?host=" + host + "&user=tokenforge";
}

}  // namespace tokenforge::systemtest
