#include "tokenforge/tracing.h"

#include <charconv>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/rpc/tracing.h"

namespace tokenforge {
namespace {

std::string TextOf(double ratio) {
  char text[64];
  const auto [end, error] = std::to_chars(std::begin(text), std::end(text), ratio);
  return error == std::errc() ? std::string(text, end) : std::string();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tracing>> Tracing::Start(const TracingOptions& options) {
  if (options.service.empty() && !options.endpoint.empty()) {
    return errors::InvalidFields({{"service", "must say what traces call this server"}});
  }
  const rpc::TraceSettings settings{options.endpoint, options.ca_file, options.identity,
                                    TextOf(options.sample_ratio)};
  auto started =
      rpc::StartTracing({options.service, options.service_version}, settings,
                        {options.tls.cert_file, options.tls.key_file, options.tls.ca_file});
  if (!started.ok()) return started.status();
  return std::unique_ptr<Tracing>(new Tracing(*std::move(started)));
}

Tracing::Tracing(std::shared_ptr<void> exporter) : exporter_(std::move(exporter)) {}
Tracing::~Tracing() = default;

}  // namespace tokenforge
