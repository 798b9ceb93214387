#include "tests/lib/mail/smtp_server.h"

#include <fcntl.h>
#include <poll.h>
#include <rapidjson/document.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace tokenforge::testing {
namespace {

constexpr std::chrono::seconds kPatience(60);

rapidjson::Document Parsed(const std::string& line) {
  rapidjson::Document document;
  document.Parse(line.c_str(), line.size());
  if (document.HasParseError() || !document.IsObject()) {
    throw std::runtime_error("the mail server said: " + line);
  }
  return document;
}

}  // namespace

SmtpServer::SmtpServer(const std::string& certificate, const std::string& key) {
  std::array<int, 2> in{}, out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2 failed");
  }
  // Debian's own: another Python in the path would not have its package.
  std::vector<std::string> command = {"/usr/bin/python3", TOKENFORGE_SMTP_SERVER};
  if (!certificate.empty()) command.insert(command.end(), {certificate, key});
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  to_ = in[1];
  from_ = out[0];
  if (pid_ < 0) throw std::runtime_error("fork failed");
  const std::string line = ReadLine(kPatience);
  if (line.empty()) throw std::runtime_error("the mail server does not start");
  port_ = Parsed(line)["port"].GetInt();
}

SmtpServer::~SmtpServer() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(to_);
  ::close(from_);
}

void SmtpServer::Behave(const std::string& json) {
  const std::string line = json + "\n";
  if (::write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw std::runtime_error("the mail server is gone");
  }
  Await("set");
}

void SmtpServer::AwaitHeld() { Await("held"); }

void SmtpServer::Await(const std::string& event) {
  for (;;) {
    const std::string line = ReadLine(kPatience);
    if (line.empty()) throw std::runtime_error("the mail server does not tell of: " + event);
    const rapidjson::Document told = Parsed(line);
    if (told.HasMember(event.c_str())) return;
    if (told.HasMember("mail")) mails_.push_back(line);
  }
}

bool SmtpServer::HasMail() {
  for (std::string line; !(line = ReadLine(std::chrono::milliseconds(0))).empty();) {
    if (Parsed(line).HasMember("mail")) mails_.push_back(line);
  }
  return !mails_.empty();
}

ReceivedMail SmtpServer::NextMail() {
  if (mails_.empty()) {
    for (;;) {
      const std::string line = ReadLine(kPatience);
      if (line.empty()) throw std::runtime_error("no mail came");
      if (!Parsed(line).HasMember("mail")) continue;
      mails_.push_back(line);
      break;
    }
  }
  const rapidjson::Document told = Parsed(mails_.front());
  mails_.erase(mails_.begin());
  const auto& mail = told["mail"];
  ReceivedMail received{.from = mail["from"].GetString(),
                        .to = {},
                        .tls = mail["tls"].GetBool(),
                        .bytes = mail["bytes"].GetString()};
  for (const auto& to : mail["to"].GetArray()) received.to.emplace_back(to.GetString());
  return received;
}

std::string SmtpServer::ReadLine(std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const std::size_t end = unread_.find('\n');
    if (end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        give_up - std::chrono::steady_clock::now());
    pollfd readable{.fd = from_, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, std::max<int>(0, static_cast<int>(left.count()))) <= 0) return "";
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(from_, bytes.data(), bytes.size());
    if (count <= 0) return "";
    unread_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace tokenforge::testing
