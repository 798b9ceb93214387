#include "services/users/mail_settings.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "lib/config/config.h"
#include "lib/secret/file.h"
#include "services/users/mail_transport_folder.h"
#include "services/users/mail_transport_smtp.h"

namespace tokenforge::users {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kFile = "file://";
// Beside what sending takes: claiming, making the token, storing what became of it.
constexpr seconds kLeaseMargin(20);

bool IsFolder(const MailSettings& settings) { return settings.server.starts_with(kFile); }

// What goes into a URL of libcurl's, into EHLO or into a link: nothing that ends one.
bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\';
  });
}

bool IsSmtp(const std::string& server) {
  for (const std::string_view scheme : {"smtp://", "smtps://"}) {
    if (!server.starts_with(scheme)) continue;
    const std::string_view rest = std::string_view(server).substr(scheme.size());
    return !rest.empty() && IsPlain(rest) && rest.find_first_of("/@?#%") == std::string_view::npos;
  }
  return false;
}

bool IsText(std::string_view text) {
  return text.size() <= 100 && std::none_of(text.begin(), text.end(),
                                            [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

void CheckLogin(const MailSettings& settings, std::vector<std::string>& mistakes) {
  if (settings.user.empty() != settings.password_file.empty()) {
    mistakes.emplace_back("mail-user and mail-password-file go together");
  }
  const bool encrypted = settings.server.starts_with("smtps://") || settings.starttls == "required";
  if (!settings.user.empty() && !encrypted) {
    mistakes.emplace_back(
        "mail-user needs smtps:// or mail-starttls=required: the password would "
        "be readable on its way");
  }
}

}  // namespace

void Declare(config::Parser& parser, MailSettings* settings) {
  parser.Group("Mail");
  parser.String("mail-server", &settings->server, "",
                "smtp://host:port, smtps://host:port (TLS at once), or file:///folder for "
                "development; without it mails are dropped");
  parser.Choice("mail-starttls", &settings->starttls, {"required", "optional", "off"}, "required",
                "whether smtp:// goes on over TLS");
  parser.FileThatExists("mail-ca-file", &settings->ca_file, "",
                        "authorities for the mail server's certificate, PEM; the system's without "
                        "it");
  parser.String("mail-user", &settings->user, "", "user name at the mail server");
  parser.FileThatExists("mail-password-file", &settings->password_file, "",
                        "that user's password, on one line");
  parser.String("mail-helo-name", &settings->helo_name, "localhost",
                "how this host greets the mail server");
  parser.String("mail-from", &settings->from, "", "the address that mails are from");
  parser.String("mail-from-name", &settings->from_name, "", "the name that stands with it");
  parser.String("mail-service-name", &settings->service_name, "TokenForge",
                "what mails call this service");
  parser.String("mail-link-base", &settings->link_base, "",
                "URL of the pages behind mailed links: /reset-password and /verify-email below it "
                "get the token as #token=…");
  parser.Duration("mail-timeout", &settings->timeout, seconds(30), "how long sending one may take",
                  milliseconds(100), minutes(10));
  parser.Duration("mail-max-age", &settings->max_age, std::chrono::hours(24),
                  "how long a mail is tried to be sent; a reset mail for an hour at most",
                  seconds(1), std::chrono::hours(24 * 7));
  parser.Integer("mail-threads", &settings->threads, 2, "how many mails are sent at once", 1, 64);
  parser.Bool("verify-new-emails", &settings->verify_new_emails, true,
              "whether whoever registers gets a mail to verify their address");
  parser.Duration("reset-token-life", &settings->reset_token_life, minutes(30),
                  "how long a mailed reset token is good", seconds(1), std::chrono::hours(24));
  parser.Duration("verification-token-life", &settings->verification_token_life,
                  std::chrono::hours(24), "how long a mailed verification token is good",
                  seconds(1), std::chrono::hours(24 * 30));
}

std::vector<std::string> MistakesOf(const MailSettings& settings) {
  std::vector<std::string> mistakes;
  if (settings.server.empty()) return mistakes;
  if (IsFolder(settings)) {
    if (!std::filesystem::is_directory(settings.server.substr(kFile.size()))) {
      mistakes.emplace_back("mail-server names a folder that is not there");
    }
  } else if (!IsSmtp(settings.server)) {
    mistakes.emplace_back(
        "mail-server must be smtp://host:port, smtps://host:port or "
        "file:///folder");
  }
  CheckLogin(settings, mistakes);
  if (!email::CanonicalEmail::Parse(settings.from).ok()) {
    mistakes.emplace_back("mail-from must be an address, as mail-server is given");
  }
  if (!IsText(settings.from_name) || !IsText(settings.service_name)) {
    mistakes.emplace_back(
        "mail-from-name and mail-service-name must be at most 100 bytes without "
        "control characters");
  }
  if (settings.helo_name.empty() || !IsPlain(settings.helo_name) ||
      settings.helo_name.find_first_of("/?#%") != std::string::npos) {
    mistakes.emplace_back("mail-helo-name must be a host name");
  }
  const bool http =
      settings.link_base.starts_with("https://") || settings.link_base.starts_with("http://");
  if (!http || !IsPlain(settings.link_base) || settings.link_base.ends_with('/') ||
      settings.link_base.find('#') != std::string::npos) {
    mistakes.emplace_back(
        "mail-link-base must be an http(s) URL without a slash at its end, as "
        "mail-server is given");
  }
  return mistakes;
}

absl::StatusOr<std::unique_ptr<MailTransport>> TransportOf(const MailSettings& settings) {
  std::unique_ptr<MailTransport> transport;
  if (settings.server.empty()) return transport;
  if (IsFolder(settings)) {
    transport = std::make_unique<FolderTransport>(settings.server.substr(kFile.size()));
    return transport;
  }
  using StartTls = SmtpOptions::StartTls;
  SmtpOptions options{.server = settings.server,
                      .starttls = settings.starttls == "required"   ? StartTls::kRequired
                                  : settings.starttls == "optional" ? StartTls::kOptional
                                                                    : StartTls::kOff,
                      .ca_file = settings.ca_file,
                      .user = settings.user,
                      .helo_name = settings.helo_name,
                      .timeout = settings.timeout};
  if (!settings.password_file.empty()) {
    absl::StatusOr<secret::Secret> password = secret::ReadLine(settings.password_file);
    if (!password.ok()) return password.status();
    options.password = *std::move(password);
  }
  transport = std::make_unique<SmtpTransport>(std::move(options));
  return transport;
}

MailStyle StyleOf(const MailSettings& settings) {
  const auto from = email::CanonicalEmail::Parse(settings.from);
  return {.from = {.name = settings.from_name,
                   .address =
                       from.ok() ? *from : *email::CanonicalEmail::Parse("nobody@nowhere.invalid")},
          .service_name = settings.service_name,
          .link_base = settings.link_base,
          .reset_life = std::chrono::ceil<seconds>(settings.reset_token_life),
          .verification_life = std::chrono::ceil<seconds>(settings.verification_token_life)};
}

MailWorker::Options WorkerOptionsOf(const MailSettings& settings) {
  MailWorker::Options options;
  options.threads = static_cast<int>(settings.threads);
  options.lease = 2 * settings.timeout + kLeaseMargin;  // sending, and saying goodbye
  options.verify_new_emails = settings.verify_new_emails;
  options.max_age = settings.max_age;
  return options;
}

}  // namespace tokenforge::users
