#include "cli/decoded_token.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>

#include "lib/jose/base64url.h"

namespace tokenforge::cli {
namespace {

using rapidjson::Value;
constexpr std::size_t kMostBytes = 64 * 1024;

std::string TextOf(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

std::optional<std::vector<std::string>> TextsOf(const Value& value) {
  if (!value.IsArray()) return std::nullopt;
  std::vector<std::string> texts;
  for (const Value& each : value.GetArray()) {
    if (!each.IsString()) return std::nullopt;
    texts.push_back(TextOf(each));
  }
  return texts;
}

std::string JsonOf(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<std::string_view> PartsOf(std::string_view token) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = token.find('.');
    parts.push_back(token.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    token.remove_prefix(dot + 1);
  }
}

bool IsTime(const std::string& name) {
  constexpr std::array<std::string_view, 4> kTimes = {"exp", "iat", "nbf", "auth_time"};
  return std::ranges::find(kTimes, name) != kTimes.end();
}

}  // namespace

DecodedToken::DecodedToken(std::string_view token) {
  if (token.size() > kMostBytes) {
    fault_ = "it has " + std::to_string(token.size()) + " bytes";
    return;
  }
  const std::vector<std::string_view> parts = PartsOf(token);
  if (parts.size() != 3) {
    fault_ = token.starts_with("tfr_")
                 ? "it is a refresh token, which only the suite can read"
                 : "it has " + std::to_string(parts.size()) + " parts between dots instead of 3";
    return;
  }
  if (!Read(parts[0], "header", header_) || !Read(parts[1], "claims", claims_)) return;
  if (!jose::base64url::Decode(parts[2])) fault_ = "its signature is not base64url";
}

bool DecodedToken::Read(std::string_view part, const char* what, Members& into) {
  const std::optional<std::string> json = jose::base64url::Decode(part);
  rapidjson::Document document;
  if (json) {
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
        json->data(), json->size());
  }
  if (!json || document.HasParseError() || !document.IsObject()) {
    fault_ = "its " + std::string(what) + (json ? " is no JSON object" : " is not base64url");
    return false;
  }
  for (const auto& each : document.GetObject()) {
    Member& member = into.emplace_back();
    member.name = TextOf(each.name);
    member.list = TextsOf(each.value);
    if (each.value.IsString()) member.text = TextOf(each.value);
    if (each.value.IsInt64()) member.number = each.value.GetInt64();
    if (!member.text && !member.number && !member.list) member.json = JsonOf(each.value);
  }
  return true;
}

const DecodedToken::Member* DecodedToken::Find(const Members& members, const std::string& name) {
  const auto found = std::ranges::find(members, name, &Member::name);
  return found == members.end() ? nullptr : &*found;
}

std::string DecodedToken::header(const std::string& name) const {
  const Member* member = Find(header_, name);
  return member == nullptr ? "" : member->text.value_or("");
}

std::string DecodedToken::claim(const std::string& name) const {
  const Member* member = Find(claims_, name);
  return member == nullptr ? "" : member->text.value_or("");
}

std::optional<std::int64_t> DecodedToken::number(const std::string& claim) const {
  const Member* member = Find(claims_, claim);
  return member == nullptr ? std::nullopt : member->number;
}

std::vector<std::string> DecodedToken::list(const std::string& claim) const {
  const Member* member = Find(claims_, claim);
  if (member == nullptr) return {};
  if (member->text) return {*member->text};
  return member->list.value_or(std::vector<std::string>());
}

void DecodedToken::AddTo(const Member& member, const std::string& name, Record& record) {
  if (member.text) {
    record.Text(name, *member.text);
  } else if (member.number && IsTime(member.name)) {
    record.Time(name, *member.number);
  } else if (member.number) {
    record.Number(name, *member.number);
  } else if (member.list) {
    record.Texts(name, *member.list);
  } else {
    record.Text(name, member.json);
  }
}

void DecodedToken::AddTo(Record& record) const {
  for (const Member& member : header_) AddTo(member, "header_" + member.name, record);
  for (const Member& member : claims_) AddTo(member, member.name, record);
}

}  // namespace tokenforge::cli
