#include "services/keys/guard_report_json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace tokenforge::keys {
namespace {

using rapidjson::Value;

const Value* Find(const Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

}  // namespace

std::string WriteReport(const GuardReport& report) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  const auto text = [&writer](const std::string& value) {
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  writer.StartObject();
  writer.Key("facade");
  text(report.facade_id);
  writer.Key("keys_version");
  writer.Uint64(report.keys_version);
  writer.Key("connected");
  writer.Int(report.connected);
  writer.Key("applied");
  writer.Int(report.applied);
  writer.Key("least_applied_version");
  writer.Uint64(report.least_applied_version);
  writer.Key("behind");
  writer.StartArray();
  for (const std::string& guard : report.behind) text(guard);
  writer.EndArray();
  writer.Key("report_ms");
  writer.Int64(report.report_time.time_since_epoch().count());
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<GuardReport> ReadReport(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const Value* facade = Find(document, "facade");
  const Value* version = Find(document, "keys_version");
  const Value* connected = Find(document, "connected");
  const Value* applied = Find(document, "applied");
  const Value* least = Find(document, "least_applied_version");
  const Value* behind = Find(document, "behind");
  const Value* time = Find(document, "report_ms");
  if (facade == nullptr || !facade->IsString() || version == nullptr || !version->IsUint64() ||
      connected == nullptr || !connected->IsInt() || applied == nullptr || !applied->IsInt() ||
      least == nullptr || !least->IsUint64() || behind == nullptr || !behind->IsArray() ||
      time == nullptr || !time->IsInt64()) {
    return std::nullopt;
  }
  GuardReport report;
  report.facade_id.assign(facade->GetString(), facade->GetStringLength());
  report.keys_version = version->GetUint64();
  report.connected = connected->GetInt();
  report.applied = applied->GetInt();
  report.least_applied_version = least->GetUint64();
  report.report_time = Time(std::chrono::milliseconds(time->GetInt64()));
  for (const Value& guard : behind->GetArray()) {
    if (!guard.IsString()) return std::nullopt;
    report.behind.emplace_back(guard.GetString(), guard.GetStringLength());
  }
  return report;
}

}  // namespace tokenforge::keys
