// Mail into a folder, one file each, for development: `./dev mail` shows them. A file appears whole
// under its name, as in a maildir. Thread-safe.
#pragma once

#include <string>
#include <utility>

#include "services/users/mail_transport.h"

namespace tokenforge::users {

class FolderTransport final : public MailTransport {
 public:
  // The folder exists; its files are the owner's alone, for they hold tokens.
  explicit FolderTransport(std::string folder) : folder_(std::move(folder)) {}

  Delivery Send(const MailEnvelope& mail) override;
  void Abort() override {}

 private:
  const std::string folder_;
};

}  // namespace tokenforge::users
