#include "services/users/attributes_json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace tokenforge::users {

std::string JsonOf(const std::map<std::string, std::string>& attributes) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  for (const auto& [name, value] : attributes) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<std::map<std::string, std::string>> AttributesOf(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  std::map<std::string, std::string> attributes;
  for (const auto& member : document.GetObject()) {
    if (!member.value.IsString()) return std::nullopt;
    attributes[{member.name.GetString(), member.name.GetStringLength()}] = {
        member.value.GetString(), member.value.GetStringLength()};
  }
  return attributes;
}

}  // namespace tokenforge::users
