// RequestFields: reads the fields of one request and keeps a list of what is wrong with them.
//
// Each method answers with the value, or with something harmless and one fault more; the faults are
// asked for at the end, all at once. One thread, one request.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "lib/errors/errors.h"
#include "services/sessions/session_store.h"

namespace google::protobuf {
class Timestamp;
}
namespace tokenforge::sessions::v1 {
class Device;
}

namespace tokenforge::sessions {

class RequestFields {
 public:
  void Fault(std::string field, std::string description) {
    faults_.push_back({std::move(field), std::move(description)});
  }

  uuid::Uuid Id(const char* field, const std::string& text);
  // At most so many characters (Unicode code points); protobuf has checked that it is UTF-8.
  std::string Text(const char* field, const std::string& text, size_t most);
  Device ReadDevice(const v1::Device& device);
  // RFC 8176: at most ten short names.
  std::string AmrName(const std::string& name);
  // 1 to 128 printable ASCII characters.
  std::string Jti(const char* field, const std::string& text);
  // Empty, or a SPIFFE ID (at most 2048 bytes, as its specification says).
  std::string Client(const char* field, const std::string& text);
  Time Instant(const char* field, bool present, const google::protobuf::Timestamp& time);

  bool ok() const { return faults_.empty(); }
  absl::Status status() const { return errors::InvalidFields(faults_); }

 private:
  std::vector<errors::FieldFault> faults_;
};

}  // namespace tokenforge::sessions
