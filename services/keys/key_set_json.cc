#include "services/keys/key_set_json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <utility>

#include "lib/jose/base64url.h"

namespace tokenforge::keys {
namespace {

namespace base64url = jose::base64url;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;
using rapidjson::Value;

constexpr std::int64_t kFormat = 1;

void WriteText(Writer& writer, std::string_view name, std::string_view text) {
  writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void WriteTime(Writer& writer, const char* name, const std::optional<Time>& time) {
  if (!time) return;
  writer.Key(name);
  writer.Int64(time->time_since_epoch().count());
}

void WriteKey(Writer& writer, const KeyRecord& key) {
  writer.StartObject();
  WriteText(writer, "kid", key.kid);
  WriteText(writer, "alg", jose::Name(key.algorithm));
  WriteText(writer, "state", NameOf(key.state));
  WriteTime(writer, "create_ms", key.create_time);
  WriteTime(writer, "activate_ms", key.activate_time);
  WriteTime(writer, "retire_ms", key.retire_time);
  writer.Key("publish_version");
  writer.Uint64(key.publish_version);
  writer.Key("sealed");
  writer.StartObject();
  WriteText(writer, "kek", key.private_key.key_id);
  WriteText(writer, "nonce", base64url::Encode(key.private_key.nonce));
  WriteText(writer, "bytes", base64url::Encode(key.private_key.bytes));
  writer.EndObject();
  writer.EndObject();
}

const Value* Find(const Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

std::optional<std::string> Text(const Value& object, const char* name) {
  const Value* value = Find(object, name);
  if (value == nullptr || !value->IsString()) return std::nullopt;
  return std::string(value->GetString(), value->GetStringLength());
}

std::optional<std::string> Bytes(const Value& object, const char* name) {
  const auto text = Text(object, name);
  return text ? base64url::Decode(*text) : std::nullopt;
}

std::optional<Time> TimeIn(const Value& object, const char* name) {
  const Value* value = Find(object, name);
  if (value == nullptr || !value->IsInt64()) return std::nullopt;
  return Time(std::chrono::milliseconds(value->GetInt64()));
}

std::optional<Sealed> ReadSealed(const Value& key) {
  const Value* sealed = Find(key, "sealed");
  if (sealed == nullptr || !sealed->IsObject()) return std::nullopt;
  auto kek = Text(*sealed, "kek");
  auto nonce = Bytes(*sealed, "nonce");
  auto bytes = Bytes(*sealed, "bytes");
  if (!kek || !nonce || !bytes) return std::nullopt;
  return Sealed{*std::move(kek), *std::move(nonce), *std::move(bytes)};
}

std::optional<KeyRecord> ReadKey(const Value& key, std::uint64_t set_version) {
  if (!key.IsObject()) return std::nullopt;
  auto kid = Text(key, "kid");
  const auto algorithm = jose::AlgorithmOf(Text(key, "alg").value_or(""));
  const auto state = KeyStateOf(Text(key, "state").value_or(""));
  const auto created = TimeIn(key, "create_ms");
  auto sealed = ReadSealed(key);
  if (!kid || !algorithm || !state || !created || !sealed) return std::nullopt;
  const Value* published = Find(key, "publish_version");
  if (published != nullptr && !published->IsUint64()) return std::nullopt;
  KeyRecord record;
  record.kid = *std::move(kid);
  record.algorithm = *algorithm;
  record.state = *state;
  record.create_time = *created;
  record.activate_time = TimeIn(key, "activate_ms");
  record.retire_time = TimeIn(key, "retire_ms");
  record.publish_version = published == nullptr ? set_version : published->GetUint64();
  record.private_key = *std::move(sealed);
  return record;
}

}  // namespace

std::string WriteJson(const KeySetRecord& set) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("format");
  writer.Int64(kFormat);
  writer.Key("version");
  writer.Uint64(set.version);
  writer.Key("keys");
  writer.StartArray();
  for (const KeyRecord& key : set.keys) WriteKey(writer, key);
  writer.EndArray();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<KeySetRecord> ReadJson(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const Value* format = Find(document, "format");
  const Value* version = Find(document, "version");
  const Value* keys = Find(document, "keys");
  if (format == nullptr || !format->IsInt64() || format->GetInt64() != kFormat ||
      version == nullptr || !version->IsUint64() || keys == nullptr || !keys->IsArray()) {
    return std::nullopt;
  }
  KeySetRecord set;
  set.version = version->GetUint64();
  for (const Value& value : keys->GetArray()) {
    std::optional<KeyRecord> key = ReadKey(value, set.version);
    if (!key) return std::nullopt;
    set.keys.push_back(*std::move(key));
  }
  return set;
}

}  // namespace tokenforge::keys
