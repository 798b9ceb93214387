// How a mail leaves: a mail server (mail_transport_smtp) or, for development, a folder
// (mail_transport_folder).
//
// Blocks; called by threads that do nothing else (mail_worker.h). Thread-safe.
#pragma once

#include <string>

#include "lib/email/canonical_email.h"

namespace tokenforge::users {

struct MailEnvelope {
  email::CanonicalEmail from;
  email::CanonicalEmail to;
  std::string name;   // of this mail, the same for each try: letters, digits and "-"
  std::string bytes;  // mail_message.h
};

struct Delivery {
  enum Result {
    kSent,     // the server took it: it is the server's now
    kRefused,  // the server will never take this mail (5xx to its sender, recipient or content)
    kUnsent,   // try again later. It may have been taken all the same, when the connection was lost
               // after the last byte: nobody can know (RFC 5321, 4.5.3.2.6)
  };
  Result result = kUnsent;
  int code = 0;             // the server's last answer; 0 without one
  std::string detail = {};  // for the log: what the library says, never what the server said
};

class MailTransport {
 public:
  virtual ~MailTransport() = default;
  virtual Delivery Send(const MailEnvelope& mail) = 0;
  // Ends what is being sent, and whatever comes after, within a second or so.
  virtual void Abort() = 0;
};

}  // namespace tokenforge::users
