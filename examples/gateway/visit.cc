#include "visit.h"

#include <algorithm>
#include <cctype>
#include <chrono>

#include "cookies.h"

namespace gateway {
namespace {

constexpr std::chrono::seconds kPatience{
    10};  // longer than a password takes to hash, shorter than people wait
constexpr std::size_t kUserAgent = 400;  // what the façade takes

// What comes from outside goes into a message (UTF-8) and metadata (ASCII): nothing else may.
std::string Printable(std::string text) {
  std::erase_if(text, [](char c) { return c < ' ' || c > '~'; });
  return text.substr(0, kUserAgent);
}

// A token has these characters; what has others is none.
std::string Token(const std::string& text) {
  const bool good = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '_' || c == '-';
  });
  return good ? text : std::string();
}

bool IsTraceparent(const std::string& text) {
  return text.size() == 55 && std::all_of(text.begin(), text.end(), [](char c) {
           return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Visit VisitOf(const httplib::Request& request) {
  Visit visit;
  // The address of the connection. A header that the browser sent could say anything; behind a
  // proxy of your own, take what that proxy says, and from nobody else.
  visit.address = request.remote_addr;
  visit.user_agent = Printable(request.get_header_value("User-Agent"));
  const std::string traceparent = request.get_header_value("traceparent");
  if (IsTraceparent(traceparent)) visit.traceparent = traceparent;
  visit.access_token = Token(CookieOf(request, kAccess));
  visit.refresh_token = Token(CookieOf(request, kRefresh));
  visit.challenge = Token(CookieOf(request, kChallenge));
  return visit;
}

std::unique_ptr<grpc::ClientContext> ContextOf(const Visit& visit, const std::string& token) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + kPatience);
  // The façade trusts this from us alone (--trusted-proxies=/gateway). Without it all people of the
  // gateway would share one rate limit, and one guesser would lock everybody out.
  context->AddMetadata("x-forwarded-for", visit.address);
  if (!visit.traceparent.empty()) context->AddMetadata("traceparent", visit.traceparent);
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
  return context;
}

}  // namespace gateway
