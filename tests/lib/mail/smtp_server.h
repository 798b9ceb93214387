// SmtpServer: a real mail server (aiosmtpd, smtp_server.py) as a child of a test, on a port of its
// own, that does as it is told and tells what it received.
//
// Ends with the object. Used from one thread. Failures throw: a test without its server has nothing
// to say.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tokenforge::testing {

struct ReceivedMail {
  std::string from;
  std::vector<std::string> to;
  bool tls = false;
  std::string bytes;
};

class SmtpServer {
 public:
  // With both files it offers STARTTLS, and takes mail only after it and a login: user "mailer",
  // password "a mail secret".
  explicit SmtpServer(const std::string& certificate = "", const std::string& key = "");
  ~SmtpServer();
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  int port() const { return port_; }
  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }

  // What it does from now on, as smtp_server.py takes it: R"({"rcpt": "550 no"})"; "{}" takes mail.
  void Behave(const std::string& json);
  // Waits until a mail has come whole and is held (Behave {"hold": true}).
  void AwaitHeld();
  // The next mail that it took; throws when none comes within half a minute.
  ReceivedMail NextMail();
  // Whether it took another mail up to now.
  bool HasMail();

 private:
  std::string ReadLine(std::chrono::milliseconds patience);  // empty: nothing came
  void Await(const std::string& event);

  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  int port_ = 0;
  std::string unread_;
  std::vector<std::string> mails_;  // lines that told of mails, not asked for yet
};

}  // namespace tokenforge::testing
