// CertificateLife: tells the process's metrics from when until when the certificates in a file
// hold.
//
//   tokenforge_certificate_not_before_seconds{certificate}   Unix time
//   tokenforge_certificate_not_after_seconds{certificate}
//
// Why: a certificate that nobody renewed stops everything at one instant, and whoever renews them
// (cert-manager, a cron job, a person) may be what is broken. So the process tells of the files
// that it is using itself, whoever made them.
//
// The file is read anew each time metrics are read: what is renewed is told at once, also before
// servers have taken it up, which they do within seconds (staged_files.h). Of several certificates
// in a file the first one counts, the server's own; with kEarliestEnd, for authorities, the one
// that ends first. What cannot be read leaves the former value; one that never could be read is
// told as 0, which no alert can take for good.
//
// Lives as long as the process serves; its gauges are asked on the reader's thread.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "lib/telemetry/metrics.h"

namespace tokenforge::rpc {

enum class Which { kFirst, kEarliestEnd };

struct Life {
  double not_before = 0;  // Unix time in seconds
  double not_after = 0;
};

// Nothing when the file is not there or holds no PEM certificate.
std::optional<Life> LifeOfCertificates(const std::string& pem_file, Which which);

class CertificateLife {
 public:
  // `name` is the label `certificate`: "server", "authority", "http".
  CertificateLife(const std::string& name, std::string pem_file, Which which);

 private:
  Life Look();

  const std::string file_;
  const Which which_;
  std::atomic<double> not_before_ = 0;
  std::atomic<double> not_after_ = 0;
  telemetry::ObservedGauge begin_;  // last: they ask the above
  telemetry::ObservedGauge end_;
};

}  // namespace tokenforge::rpc
