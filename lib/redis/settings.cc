#include "lib/redis/settings.h"

#include <optional>
#include <utility>
#include <variant>

#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "lib/secret/file.h"

namespace tokenforge::redis {
namespace {

absl::Status ReadPassword(const char* setting, const std::string& file,
                          std::optional<secret::Secret>* password) {
  if (file.empty()) return absl::OkStatus();
  absl::StatusOr<secret::Secret> read = secret::ReadLine(file);
  if (!read.ok()) {
    return errors::InvalidFields({{setting, std::string(read.status().message())}});
  }
  *password = *std::move(read);
  return absl::OkStatus();
}

}  // namespace

void Declare(config::Parser& parser, Settings* settings) {
  parser.String("redis-url", &settings->url, "redis://127.0.0.1:6379",
                "Where Redis is: redis://host:port/db, unix:///path/to.sock, "
                "redis+sentinel://host:port,.../NAME or redis+cluster://host:port,...");
  parser.String("redis-username", &settings->username, "", "Redis user (ACL), if not the default");
  parser.FileThatExists("redis-password-file", &settings->password_file, "",
                        "File with the password of the Redis user");
  parser.String("redis-sentinel-username", &settings->sentinel_username, "",
                "User (ACL) at the sentinels, if not the default");
  parser.FileThatExists("redis-sentinel-password-file", &settings->sentinel_password_file, "",
                        "File with the password for the sentinels");
  parser.Bool("redis-allow-eviction", &settings->allow_eviction, false,
              "Start although Redis may throw data away (maxmemory-policy not noeviction)");
}

std::vector<std::string> MistakesIn(const Settings& settings) {
  std::vector<std::string> mistakes;
  const absl::StatusOr<Endpoint> endpoint = ParseEndpoint(settings.url);
  if (!endpoint.ok()) {
    mistakes.push_back("redis-url: " + std::string(endpoint.status().message()));
  }
  if (!settings.username.empty() && settings.password_file.empty()) {
    mistakes.emplace_back("redis-username needs redis-password-file");
  }
  if (!settings.sentinel_username.empty() && settings.sentinel_password_file.empty()) {
    mistakes.emplace_back("redis-sentinel-username needs redis-sentinel-password-file");
  }
  const bool with_sentinels = endpoint.ok() && std::holds_alternative<SentinelEndpoint>(*endpoint);
  if (endpoint.ok() && !with_sentinels && !settings.sentinel_password_file.empty()) {
    mistakes.emplace_back("redis-sentinel-password-file needs a redis-url with redis+sentinel://");
  }
  return mistakes;
}

absl::StatusOr<Options> OptionsOf(const Settings& settings) {
  absl::StatusOr<Endpoint> endpoint = ParseEndpoint(settings.url);
  if (!endpoint.ok()) return endpoint.status();
  Options options;
  options.endpoint = *std::move(endpoint);
  options.username = settings.username;
  options.sentinel_username = settings.sentinel_username;
  absl::Status fault =
      ReadPassword("redis-password-file", settings.password_file, &options.password);
  fault.Update(ReadPassword("redis-sentinel-password-file", settings.sentinel_password_file,
                            &options.sentinel_password));
  if (!fault.ok()) return fault;
  return options;
}

}  // namespace tokenforge::redis
