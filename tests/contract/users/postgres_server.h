// PostgresServer: a real PostgreSQL of a test's own, on a unix socket in a temporary folder.
//
// It can be stopped, killed and started again with its data: what a service must survive. fsync is
// on, access needs a password. PostgreSQL refuses to run as root: then it runs as user `postgres`,
// or `nobody`. Ends with the object and takes its folder along. One thread. Failures throw: a test
// without its server has nothing to say.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tokenforge::contract {

class PostgresServer {
 public:
  static constexpr const char* kUser = "tokenforge";
  static constexpr const char* kPassword = "it's a MARKED=database:pass\\word==";

  // Makes a cluster, starts it, and returns when it accepts connections.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // A new, empty database: its URL, without the password.
  std::string NewDatabase();
  std::string Url(const std::string& database) const;

  // Runs SQL in a database, over a connection of its own.
  void Execute(const std::string& database_url, const std::string& sql);
  // One value, as text; empty for NULL and for no row.
  std::string Query(const std::string& database_url, const std::string& sql);

  void Stop();     // an orderly shutdown: connections are told (57P01) and closed
  void Kill();     // SIGKILL: nothing is written any more
  void Start();    // after Stop or Kill, with the data there is
  void Restart();  // Stop and Start

 private:
  std::vector<std::string> ServerCommand() const;
  void MakeCluster();
  void AwaitReady();
  bool Answers() const;
  void End(int signal);
  pid_t Spawn(const std::vector<std::string>& command) const;

  std::string binaries_;
  std::string folder_;
  uid_t user_;
  gid_t group_;
  pid_t pid_ = -1;
  int databases_ = 0;
};

// A connection's exclusive lock on a table, until this object ends: whoever wants the table waits.
class TableLock {
 public:
  TableLock(const std::string& database_url, const std::string& table);
  ~TableLock();
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;

 private:
  void* connection_;
};

}  // namespace tokenforge::contract
