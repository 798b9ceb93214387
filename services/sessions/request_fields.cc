#include "services/sessions/request_fields.h"

#include <arpa/inet.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>

#include "tokenforge/sessions/v1/sessions.pb.h"

namespace tokenforge::sessions {
namespace {

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool IsAddress(const std::string& text) {
  in6_addr parsed;
  return text.find('\0') == std::string::npos && (inet_pton(AF_INET, text.c_str(), &parsed) == 1 ||
                                                  inet_pton(AF_INET6, text.c_str(), &parsed) == 1);
}

}  // namespace

uuid::Uuid RequestFields::Id(const char* field, const std::string& text) {
  const std::optional<uuid::Uuid> id = uuid::Uuid::Parse(text);
  if (!id) Fault(field, "a lower-case UUID is wanted");
  return id.value_or(uuid::Uuid());
}

std::string RequestFields::Text(const char* field, const std::string& text, size_t most) {
  if (CodePoints(text) <= most) return text;
  Fault(field, "at most " + std::to_string(most) + " characters");
  return {};
}

Device RequestFields::ReadDevice(const v1::Device& device) {
  if (!device.ip_address().empty() && !IsAddress(device.ip_address())) {
    Fault("device.ip_address", "an IPv4 or IPv6 address is wanted, or nothing");
  }
  return {Text("device.name", device.name(), 100),
          Text("device.user_agent", device.user_agent(), 400), device.ip_address()};
}

std::string RequestFields::AmrName(const std::string& name) {
  const bool good = !name.empty() && name.size() <= 32 && IsPrintableAscii(name);
  if (!good) Fault("amr", "each is a name of 1 to 32 printable ASCII characters");
  return good ? name : std::string();
}

std::string RequestFields::Jti(const char* field, const std::string& text) {
  const bool good = !text.empty() && text.size() <= 128 && IsPrintableAscii(text);
  if (!good) Fault(field, "1 to 128 printable ASCII characters are wanted");
  return good ? text : std::string();
}

std::string RequestFields::Client(const char* field, const std::string& text) {
  if (text.size() <= 2048 && IsPrintableAscii(text)) return text;
  Fault(field, "a SPIFFE ID is wanted, or nothing");
  return {};
}

Time RequestFields::Instant(const char* field, bool present,
                            const google::protobuf::Timestamp& time) {
  // The years 1 to 9999, as google.protobuf.Timestamp defines itself.
  constexpr int64_t kEarliest = -62'135'596'800;
  constexpr int64_t kLatest = 253'402'300'799;
  if (!present || time.seconds() < kEarliest || time.seconds() > kLatest || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    Fault(field, "a valid time is wanted");
    return {};
  }
  return Time(std::chrono::seconds(time.seconds()) + Span(time.nanos() / 1'000'000));
}

}  // namespace tokenforge::sessions
