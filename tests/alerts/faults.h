// Faults that a test makes in a running suite.
#pragma once

#include <string>

namespace tokenforge::systemtest {

// A certificate of a service that ends in an hour, after a hundred days, in the place of its own,
// of the same key and authority. Puts the old one back when it goes.
class EndingCertificate {
 public:
  // `certs` is a suite's folder, `name` a service.
  EndingCertificate(const std::string& certs, const std::string& name);
  ~EndingCertificate();
  EndingCertificate(const EndingCertificate&) = delete;
  EndingCertificate& operator=(const EndingCertificate&) = delete;

 private:
  const std::string file_;
  const std::string former_;
};

// Whether Redis at this unix socket took the setting.
bool ConfigureRedis(const std::string& socket, const std::string& name, const std::string& value);

}  // namespace tokenforge::systemtest
