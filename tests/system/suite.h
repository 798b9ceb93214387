// Suite: the whole of TokenForge for a test — a private Redis, SQLite or PostgreSQL, and the four
// services as processes over mTLS on free ports, one or several of each, in a folder of its own
// that goes when it goes.
//
// The replicas of "auth" are called "auth", "auth-2", "auth-3", …; each façade is told of all
// replicas of the services behind it. Every process can be killed and started again by name, with
// the state it left. Used from one thread; channels may be used from any.
#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/child_process.h"

namespace grpc {
class ChannelCredentials;
}

namespace tokenforge::systemtest {

// Where a process runs, when not simply here.
struct Place {
  std::vector<std::string> command;   // goes before its own
  std::string address = "127.0.0.1";  // where it listens
};

struct SuiteOptions {
  std::string algorithm = "ES256";           // of signing keys; RS256 keys take long to make
  bool postgres = false;                     // users in PostgreSQL instead of SQLite
  int replicas = 1;                          // of each service
  std::chrono::milliseconds drain_delay{0};  // serving on after SIGTERM; 0 is for single replicas
  int bcrypt_cost = 4;                       // the cheapest: tests are not about hashing
  bool guarded = false;        // "guarded": a guarded server of a team (guarded_server.cc)
  bool limited = false;        // rate limits as they ship, instead of out of the way
  std::string redis_url = {};  // a Redis of the test's own, instead of one of the suite's
  // Of every process; then Redis and PostgreSQL are reached over TCP. Null: all are here.
  std::function<Place(const std::string& name)> place = {};
  std::string circuit_open_time = "500ms";  // a test does not wait for 30 s; empty: as it ships
  // Where users look for PostgreSQL's socket, instead of where it is: a proxy's folder.
  std::string postgres_folder = {};
  std::map<std::string, std::vector<std::string>>
      flags;  // more flags by service: "auth", "users", "keys", "sessions"
};

class Suite {
 public:
  explicit Suite(SuiteOptions options = {});
  ~Suite();

  // Starts everything and waits until each service says it is ready. Ends the test process with the
  // reason when that does not come about.
  void Start();

  // "redis", "postgres", "auth", "users", "keys", "sessions", and replicas of the services.
  ChildProcess& process(const std::string& name) { return processes_.at(name); }
  std::vector<std::string> names() const;                               // in the order of the start
  std::vector<std::string> replicas(const std::string& service) const;  // "auth", "auth-2", …

  // Starts a process that was ended; for a service with the flags it had. WaitReady returns false
  // when it is not ready, with all that it needs, in time.
  void StartProcess(const std::string& name);
  bool WaitReady(const std::string& name, std::chrono::seconds at_most = std::chrono::seconds(30));

  // Ends processes with a signal, all at once, starts them again and waits until they are ready;
  // the exit codes that they ended with. Ends the test process when one does not end or come back.
  // On the thread of Start: a process goes with the thread that started it.
  std::map<std::string, int> Restart(const std::vector<std::string>& names, int signal);

  // A channel to one replica as one of the development identities ("app", "auth", "operator", …).
  std::shared_ptr<grpc::Channel> Connect(const std::string& service, const std::string& as = "app");

  // GET from a port, of this machine if nothing else is said: the whole answer, head and body;
  // empty when nobody answers.
  static std::string HttpGet(int port, const std::string& path,
                             const std::string& host = "127.0.0.1");

  int port(const std::string& service) const { return ports_.at(service); }
  int operators_port(const std::string& service) const { return operators_ports_.at(service); }
  int http_port() const { return http_ports_.at("auth"); }
  // Of all replicas of a service, as channels and --…-address take them.
  std::string addresses(const std::string& service) const;
  std::string issuer() const;
  std::string redis_address() const;
  const std::string& dir() const { return dir_; }
  std::string database_flag() const;  // "--database-url=…", of the account database
  std::string postgres_socket() const { return postgres_dir_ + "/.s.PGSQL.5432"; }
  std::string certs() const { return dir_ + "/certs"; }
  std::string log(const std::string& name) const { return dir_ + "/" + name + ".log"; }

 private:
  std::vector<std::string> CommandOf(const std::string& name) const;
  std::vector<std::string> ServiceFlags(const std::string& name) const;
  Place PlaceOf(const std::string& name) const;
  std::string AddressOf(const std::string& name, int port) const;  // "127.0.0.1:7443"
  std::vector<std::string> RedisCommand() const;
  std::vector<std::string> PostgresCommand() const;
  std::vector<std::string> ProgramOf(const std::string& name) const;
  bool Serves(const std::string& name);
  std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::string& as) const;
  void WriteRedisUsers();
  void MakePostgres();

  SuiteOptions options_;
  std::string dir_;
  std::string postgres_dir_;
  std::map<std::string, ChildProcess> processes_;
  std::map<std::string, int> ports_;
  std::map<std::string, int> operators_ports_;
  std::map<std::string, int> http_ports_;
};

}  // namespace tokenforge::systemtest
