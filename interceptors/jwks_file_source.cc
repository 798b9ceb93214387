#include <fstream>
#include <optional>
#include <sstream>

#include "interceptors/source.h"
#include "interceptors/ticker.h"
#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"

namespace tokenforge::internal {
namespace {

constexpr std::chrono::milliseconds kInterval{1000};
constexpr std::size_t kFileLimit = 1 << 20;

absl::Status Unusable(const std::string& path, const std::string& why) {
  return errors::InvalidFields({{"jwks_file", path + ": " + why}});
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return Unusable(path, "cannot be read");
  if (text.view().size() > kFileLimit) return Unusable(path, "is over 1 MiB");
  return std::move(text).str();
}

class JwksFileSource final : public Source {
 public:
  JwksFileSource(std::string path, std::shared_ptr<Trust> trust, std::string published)
      : path_(std::move(path)), trust_(std::move(trust)), last_(std::move(published)) {}

  void Begin() {
    ticker_.emplace([this] { return Step(); });
  }

  void LookForNewKeys() override { ticker_->Wake(); }

 private:
  // Watched by reading it each second: it is small, and inotify sees neither a symbolic link's
  // target change nor a file on a network. The content is compared, not the time of change: a tool
  // that keeps times, or a mount that lies about them, is not to keep a new key from being seen.
  std::chrono::milliseconds Step() {
    absl::StatusOr<std::string> text = ReadWhole(path_);
    absl::Status status = text.status();
    if (text.ok() && *text == last_) {
      trust_->Confirm();
    } else if (text.ok()) {
      status = trust_->PublishKeys(*text);
      if (status.ok()) last_ = *std::move(text);
    }
    if (!status.ok() && healthy_) {
      telemetry::Log(telemetry::Level::kWarning, "the key file cannot be used; the last keys stay",
                     {{"file", path_}, {"error", std::string(status.message())}});
    }
    if (status.ok() && !healthy_) {
      telemetry::Log(telemetry::Level::kInfo, "the key file can be used again", {{"file", path_}});
    }
    healthy_ = status.ok();
    return kInterval;
  }

  const std::string path_;
  const std::shared_ptr<Trust> trust_;
  std::string last_;              // the ticker's thread only
  bool healthy_ = true;           // so that one fault is one line
  std::optional<Ticker> ticker_;  // last: stops before the rest goes
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> MakeJwksFileSource(const std::string& path,
                                                           std::shared_ptr<Trust> trust) {
  absl::StatusOr<std::string> text = ReadWhole(path);
  if (!text.ok()) return text.status();
  const absl::Status published = trust->PublishKeys(*text);
  if (!published.ok()) return Unusable(path, std::string(published.message()));
  auto source = std::make_unique<JwksFileSource>(path, std::move(trust), *std::move(text));
  source->Begin();
  return source;
}

}  // namespace tokenforge::internal
