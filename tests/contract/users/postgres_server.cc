#include "tests/contract/users/postgres_server.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

namespace tokenforge::contract {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience(60);

std::string NewestBinaries() {
  std::vector<fs::path> found;
  if (fs::exists("/usr/lib/postgresql")) {
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql")) {
      if (fs::exists(version.path() / "bin/postgres")) found.push_back(version.path() / "bin");
    }
  }
  if (found.empty()) throw std::runtime_error("PostgreSQL is not installed (package postgresql)");
  return *std::max_element(found.begin(), found.end());
}

const passwd& ServerUser() {
  if (::geteuid() != 0) return *::getpwuid(::geteuid());
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = ::getpwnam(name)) return *user;
  }
  throw std::runtime_error("there is no user postgres or nobody to run PostgreSQL as");
}

// The ends of a process's children, as descriptors that become readable: they are not ours to wait
// for.
std::vector<int> EndsOfChildren(pid_t parent) {
  const std::string id = std::to_string(parent);
  std::ifstream list("/proc/" + id + "/task/" + id + "/children");
  std::vector<int> ends;
  for (pid_t child; list >> child;) {
    const int end = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    if (end >= 0) ends.push_back(end);
  }
  return ends;
}

void AwaitEnds(const std::vector<int>& ends) {
  for (const int end : ends) {
    pollfd readable{end, POLLIN, 0};
    const int came =
        ::poll(&readable, 1, static_cast<int>(kPatience / std::chrono::milliseconds(1)));
    ::close(end);
    if (came != 1) throw std::runtime_error("a process of PostgreSQL outlived its server");
  }
}

std::string LogOf(const std::string& folder) {
  std::ifstream log(folder + "/log");
  return std::string(std::istreambuf_iterator<char>(log), {});
}

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

Connection Connect(const std::string& url) {
  const char* keywords[] = {"dbname", "password", nullptr};
  const char* values[] = {url.c_str(), PostgresServer::kPassword, nullptr};
  Connection connection(PQconnectdbParams(keywords, values, /*expand_dbname=*/1), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
  return connection;
}

Result Run(PGconn* connection, const std::string& sql) {
  Result result(PQexec(connection, sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection));
  }
  return result;
}

}  // namespace

PostgresServer::PostgresServer() : binaries_(NewestBinaries()) {
  const passwd& user = ServerUser();
  user_ = user.pw_uid;
  group_ = user.pw_gid;
  std::string pattern = fs::temp_directory_path() / "tf-postgres-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = pattern;
  if (::chown(folder_.c_str(), user_, group_) != 0) throw std::runtime_error("chown failed");
  MakeCluster();
  Start();
}

PostgresServer::~PostgresServer() {
  End(SIGQUIT);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PostgresServer::MakeCluster() {
  const std::string password_file = folder_ + "/password";
  std::ofstream(password_file) << kPassword << "\n";
  const pid_t pid =
      Spawn({binaries_ + "/initdb", "--pgdata", folder_ + "/data", "--username", kUser, "--pwfile",
             password_file, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
             "--no-sync", "--no-instructions"});
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) throw std::runtime_error("initdb failed: " + LogOf(folder_));
}

std::vector<std::string> PostgresServer::ServerCommand() const {
  return {binaries_ + "/postgres",
          "-D",
          folder_ + "/data",
          "-k",
          folder_,  // the socket's folder
          "-c",
          "listen_addresses=",
          "-c",
          "fsync=on",
          "-c",
          "shared_buffers=8MB",
          "-c",
          "max_connections=60"};
}

void PostgresServer::Start() {
  pid_ = Spawn(ServerCommand());
  AwaitReady();
}

void PostgresServer::AwaitReady() {
  const auto until = steady_clock::now() + kPatience;
  while (!Answers()) {
    if (steady_clock::now() > until) throw std::runtime_error("PostgreSQL: " + LogOf(folder_));
    int status = 0;
    // After SIGKILL the last backends still hold the shared memory for a moment: then it ends, try
    // again.
    if (::waitpid(pid_, &status, WNOHANG) == pid_) pid_ = Spawn(ServerCommand());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

bool PostgresServer::Answers() const { return PQping(Url("postgres").c_str()) == PQPING_OK; }

std::string PostgresServer::Url(const std::string& database) const {
  return std::string("postgresql://") + kUser + "@/" + database + "?host=" + folder_;
}

std::string PostgresServer::NewDatabase() {
  const std::string name = "test" + std::to_string(++databases_);
  Execute(Url("postgres"), "create database " + name);
  return Url(name);
}

void PostgresServer::Execute(const std::string& database_url, const std::string& sql) {
  Run(Connect(database_url).get(), sql);
}

std::string PostgresServer::Query(const std::string& database_url, const std::string& sql) {
  const Connection connection = Connect(database_url);
  const Result result = Run(connection.get(), sql);
  return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
}

void PostgresServer::Stop() { End(SIGINT); }
void PostgresServer::Kill() { End(SIGKILL); }
void PostgresServer::Restart() {
  Stop();
  Start();
}

void PostgresServer::End(int signal) {
  if (pid_ <= 0) return;
  // After a SIGKILL the processes of its connections answer for a moment longer.
  const std::vector<int> ends = EndsOfChildren(pid_);
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  AwaitEnds(ends);
}

pid_t PostgresServer::Spawn(const std::vector<std::string>& command) const {
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const std::string log = folder_ + "/log";
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid > 0) return pid;
  // In the child, up to exec: system calls only.
  if (::geteuid() == 0 && (::setgid(group_) != 0 || ::setuid(user_) != 0)) ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // the test died: so do we
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  if (::chdir(folder_.c_str()) != 0) ::_exit(126);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

TableLock::TableLock(const std::string& database_url, const std::string& table)
    : connection_(Connect(database_url).release()) {
  Run(static_cast<PGconn*>(connection_), "begin");
  Run(static_cast<PGconn*>(connection_), "lock table " + table + " in access exclusive mode");
}

TableLock::~TableLock() { PQfinish(static_cast<PGconn*>(connection_)); }

}  // namespace tokenforge::contract
