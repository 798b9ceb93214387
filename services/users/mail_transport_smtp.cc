#include "services/users/mail_transport_smtp.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tokenforge::users {
namespace {

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

long UseTls(SmtpOptions::StartTls starttls) {
  switch (starttls) {
    case SmtpOptions::StartTls::kRequired:
      return CURLUSESSL_ALL;
    case SmtpOptions::StartTls::kOptional:
      return CURLUSESSL_TRY;
    case SmtpOptions::StartTls::kOff:
      return CURLUSESSL_NONE;
  }
  return CURLUSESSL_ALL;
}

std::string InBrackets(const email::CanonicalEmail& address) { return '<' + address.text() + '>'; }

}  // namespace

// One mail on its way: what libcurl's callbacks work on.
struct SmtpTransport::Sending {
  std::string_view left;
  const std::atomic<bool>& aborted;
  bool mail_begun = false;  // MAIL FROM was sent: what the server refuses from here is this mail

  static std::size_t Read(char* buffer, std::size_t size, std::size_t count, void* self) {
    auto& left = static_cast<Sending*>(self)->left;
    const std::size_t bytes = std::min(size * count, left.size());
    std::memcpy(buffer, left.data(), bytes);
    left.remove_prefix(bytes);
    return bytes;
  }
  static int Progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Sending*>(self)->aborted ? 1 : 0;
  }
  // The dialogue passes here and goes nowhere else: it holds passwords and addresses.
  static int Watch(CURL*, curl_infotype type, char* bytes, std::size_t size, void* self) {
    if (type == CURLINFO_HEADER_OUT && std::string_view(bytes, size).starts_with("MAIL FROM:")) {
      static_cast<Sending*>(self)->mail_begun = true;
    }
    return 0;
  }
};

SmtpTransport::SmtpTransport(SmtpOptions options) : options_(std::move(options)) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw std::runtime_error("libcurl does not start");
  }
}

Delivery SmtpTransport::Send(const MailEnvelope& mail) {
  const std::unique_ptr<CURL, FreeHandle> handle(curl_easy_init());
  const std::unique_ptr<curl_slist, FreeList> to(
      curl_slist_append(nullptr, InBrackets(mail.to).c_str()));
  if (!handle || !to) return {.detail = "out of memory"};
  Sending sending{.left = mail.bytes, .aborted = aborted_};
  CURL* const curl = handle.get();
  const std::string url = options_.server + "/" + options_.helo_name;
  const std::string password(options_.password.Expose());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");  // not the environment's
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.timeout.count() / 2));
  // Also of saying goodbye to a server that was too slow: libcurl would wait two minutes for that.
  curl_easy_setopt(
      curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
      static_cast<long>(std::chrono::ceil<std::chrono::seconds>(options_.timeout).count()));
  curl_easy_setopt(curl, CURLOPT_USE_SSL, UseTls(options_.starttls));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!options_.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, options_.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, InBrackets(mail.from).c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to.get());
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, &Sending::Read);
  curl_easy_setopt(curl, CURLOPT_READDATA, &sending);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Sending::Progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &sending);
  curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, &Sending::Watch);
  curl_easy_setopt(curl, CURLOPT_DEBUGDATA, &sending);

  const CURLcode result = curl_easy_perform(curl);
  long code = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
  Delivery delivery{.code = static_cast<int>(code), .detail = curl_easy_strerror(result)};
  if (result == CURLE_OK) {
    delivery.result = Delivery::kSent;
  } else if (sending.mail_begun && code >= 500 && code <= 599) {
    delivery.result = Delivery::kRefused;
  }
  return delivery;
}

}  // namespace tokenforge::users
