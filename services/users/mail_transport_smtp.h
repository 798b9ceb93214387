// Mail over SMTP, by libcurl: one connection a mail.
//
// The server's certificate is verified against the system's authorities or the file that is given,
// and for the name in the URL. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "lib/secret/secret.h"
#include "services/users/mail_transport.h"

namespace tokenforge::users {

struct SmtpOptions {
  enum class StartTls { kRequired, kOptional, kOff };
  std::string server;  // smtp://host:port or smtps://host:port (TLS from the first byte)
  StartTls starttls = StartTls::kRequired;  // of smtp://
  std::string ca_file = {};                 // empty: the system's
  std::string user = {};                    // empty: no login
  secret::Secret password = {};
  std::string helo_name = "localhost";
  std::chrono::milliseconds timeout{30'000};  // for a whole mail
};

class SmtpTransport final : public MailTransport {
 public:
  explicit SmtpTransport(SmtpOptions options);

  Delivery Send(const MailEnvelope& mail) override;
  void Abort() override { aborted_ = true; }

 private:
  struct Sending;
  const SmtpOptions options_;
  std::atomic<bool> aborted_ = false;
};

}  // namespace tokenforge::users
