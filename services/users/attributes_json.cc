#include "services/users/attributes_json.h"

#include "lib/telemetry/json_text.h"

namespace tokenforge::users {

std::string JsonOf(const std::map<std::string, std::string>& attributes) {
  std::string json = "{";
  for (const auto& [name, value] : attributes) {
    if (json.size() > 1) json += ',';
    telemetry::AppendJsonString(name, &json);
    json += ':';
    telemetry::AppendJsonString(value, &json);
  }
  return json + "}";
}

}  // namespace tokenforge::users
