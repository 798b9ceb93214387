// A mail as bytes: RFC 5322 with a text and an HTML form of the same content
// (multipart/alternative, RFC 2046), in UTF-8.
//
// Nothing that is put into it can end a header or a part: header texts that are not plain ASCII, or
// hold a control character, become encoded words (RFC 2047), and both parts travel in base64. Pure;
// thread-safe.
#pragma once

#include <string>

#include "lib/clock/clock.h"
#include "lib/email/canonical_email.h"

namespace tokenforge::users {

// Who a mail is from: "TokenForge <no-reply@example.org>".
struct MailSender {
  std::string name;  // may be empty
  email::CanonicalEmail address;
};

struct MailContent {
  std::string subject;
  std::string text;
  std::string html;
};

struct MailMessage {
  MailSender from;
  email::CanonicalEmail to;
  // The part before "@" of the Message-ID: the same for each try to send one mail, so that a mail
  // server or a reader can see that two are one. Letters, digits and "-".
  std::string id;
  clock::WallTime date;
  MailContent content;
};

// Lines end with CR LF; none is over 998 bytes.
std::string BytesOf(const MailMessage& message);

// A header's text, encoded where it must be.
std::string HeaderText(const std::string& text);

// "Sun, 22 Nov 2026 12:00:00 +0000", whatever the locale.
std::string HeaderDate(clock::WallTime time);

}  // namespace tokenforge::users
