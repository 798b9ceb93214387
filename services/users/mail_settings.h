// The settings of mail: how it leaves, whom it is from, and how its tokens are used.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/users/mail_composer.h"
#include "services/users/mail_transport.h"
#include "services/users/mail_worker.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::users {

struct MailSettings {
  std::string server;    // smtp://host:port, smtps://host:port, file:///folder; empty: no mail
  std::string starttls;  // required, optional, off
  std::string ca_file;
  std::string user;
  std::string password_file;
  std::string helo_name;
  std::string from;
  std::string from_name;
  std::string service_name;
  std::string link_base;
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds max_age{24 * 3'600'000};
  std::int64_t threads = 2;
  bool verify_new_emails = true;
  std::chrono::milliseconds reset_token_life{30 * 60'000};
  std::chrono::milliseconds verification_token_life{24 * 3'600'000};
};

void Declare(config::Parser& parser, MailSettings* settings);

// Everything that is wrong with them together, one sentence each.
std::vector<std::string> MistakesOf(const MailSettings& settings);

// Of settings without mistakes. The transport is null when there is no mail server; errors name the
// password's file.
absl::StatusOr<std::unique_ptr<MailTransport>> TransportOf(const MailSettings& settings);
MailStyle StyleOf(const MailSettings& settings);
MailWorker::Options WorkerOptionsOf(const MailSettings& settings);

}  // namespace tokenforge::users
