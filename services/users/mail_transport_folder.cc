#include "services/users/mail_transport_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace tokenforge::users {
namespace {

bool WriteWhole(const std::string& path, const std::string& bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t more = ::write(file, bytes.data() + written, bytes.size() - written);
    if (more <= 0) break;
    written += static_cast<std::size_t>(more);
  }
  return ::close(file) == 0 && written == bytes.size();
}

}  // namespace

// A mail that was tried before lies under the same name: sent once, also after a crash.
Delivery FolderTransport::Send(const MailEnvelope& mail) {
  const std::string unfinished = folder_ + "/." + mail.name;
  const std::string path = folder_ + "/" + mail.name + ".eml";
  if (!WriteWhole(unfinished, mail.bytes) || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return {.detail = "the folder for mails cannot be written to"};
  }
  return {.result = Delivery::kSent, .detail = "written"};
}

}  // namespace tokenforge::users
