#include "services/users/factor_settings.h"

#include <utility>
#include <vector>

#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"
#include "services/users/text.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kMaxIssuerCodePoints = 64;

std::vector<std::string> Mistakes(const FactorSettings& settings) {
  std::vector<std::string> mistakes;
  const auto length = CountCodePoints(settings.issuer);
  // A colon ends the issuer in the label that an app reads.
  if (!length || *length == 0 || *length > kMaxIssuerCodePoints ||
      HoldsControlCharacter(settings.issuer) || settings.issuer.find(':') != std::string::npos) {
    mistakes.emplace_back("totp-issuer must be 1 to 64 characters without colons");
  }
  if (settings.key_file.empty()) return mistakes;
  const absl::Status keys = sealing::SealingKeys::FromFile(settings.key_file).status();
  const auto faults = errors::FaultsOf(keys);
  for (const auto& fault : faults) mistakes.push_back(fault.field + " " + fault.description);
  if (!keys.ok() && faults.empty()) mistakes.emplace_back(keys.message());
  return mistakes;
}

}  // namespace

void Declare(config::Parser& parser, FactorSettings* settings) {
  parser.Group("Second factors");
  parser.FileThatExists("factor-key-file", &settings->key_file, "",
                        "what secrets of second factors are sealed with, lines "
                        "`id:base64-of-32-bytes`; the first seals, all open; without it nobody can "
                        "enrol, and who has a second factor cannot log in");
  parser.String("totp-issuer", &settings->issuer, "TokenForge",
                "the name that authenticator apps show beside the email");
  parser.Check([settings] { return Mistakes(*settings); });
}

absl::StatusOr<std::optional<sealing::SealingKeys>> FactorKeysOf(const FactorSettings& settings) {
  if (settings.key_file.empty()) {
    telemetry::Log(telemetry::Level::kWarning,
                   "there are no second factors: factor-key-file is not set");
    return std::nullopt;
  }
  absl::StatusOr<sealing::SealingKeys> keys = sealing::SealingKeys::FromFile(settings.key_file);
  if (!keys.ok()) return keys.status();
  return std::optional<sealing::SealingKeys>(*std::move(keys));
}

}  // namespace tokenforge::users
