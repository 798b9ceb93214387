#include "cli/import_row.h"

#include <google/protobuf/util/time_util.h>
#include <rapidjson/document.h>

#include <set>

#include "lib/secret/digest.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::cli {
namespace {

using auth::v1::User;
using Value = rapidjson::Value;
using Words = google::protobuf::RepeatedPtrField<std::string>;

absl::Status Fault(std::string_view member, std::string_view what) {
  return absl::InvalidArgumentError(std::string(member) + ": " + std::string(what));
}

std::string Text(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

absl::Status TakeText(std::string_view member, const Value& value, std::string* into) {
  if (!value.IsString()) return Fault(member, "must be a string");
  *into = Text(value);
  return absl::OkStatus();
}

absl::Status TakeWords(std::string_view member, const Value& value, Words* into) {
  if (!value.IsArray()) return Fault(member, "must be an array of strings");
  for (const Value& word : value.GetArray()) {
    if (!word.IsString()) return Fault(member, "must be an array of strings");
    *into->Add() = Text(word);
  }
  return absl::OkStatus();
}

absl::Status TakeTime(const Value& value, google::protobuf::Timestamp* into) {
  if (value.IsString() && google::protobuf::util::TimeUtil::FromString(Text(value), into)) {
    return absl::OkStatus();
  }
  return Fault("create_time", "must be a time as in \"2024-05-06T07:08:09Z\"");
}

absl::Status Take(std::string_view member, const Value& value, auth::v1::ImportUsersRequest& row) {
  User& user = *row.mutable_user();
  if (member == "user_id") return TakeText(member, value, user.mutable_user_id());
  if (member == "email") return TakeText(member, value, user.mutable_email());
  if (member == "given_name") return TakeText(member, value, user.mutable_given_name());
  if (member == "family_name") return TakeText(member, value, user.mutable_family_name());
  if (member == "password_hash") return TakeText(member, value, row.mutable_password_hash());
  if (member == "roles") return TakeWords(member, value, user.mutable_roles());
  if (member == "scopes") return TakeWords(member, value, user.mutable_scopes());
  if (member == "create_time") return TakeTime(value, user.mutable_create_time());
  const bool verified = member == "email_verified";
  if (!verified && member != "disabled") {
    return absl::InvalidArgumentError("there is a member that no account has");
  }
  if (!value.IsBool()) return Fault(member, "must be true or false");
  verified ? user.set_email_verified(value.GetBool()) : user.set_disabled(value.GetBool());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<auth::v1::ImportUsersRequest> ParseImportLine(std::string_view line) {
  if (line.size() > kMaxImportLine) return absl::InvalidArgumentError("is longer than 64 KiB");
  rapidjson::Document document;
  // Iterative: a thousand nested brackets must not use up the stack.
  constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag;
  document.Parse<kFlags>(line.data(), line.size());
  if (document.HasParseError() || !document.IsObject()) {
    return absl::InvalidArgumentError("is not one JSON object in UTF-8");
  }
  auth::v1::ImportUsersRequest row;
  std::set<std::string> seen;
  for (const auto& member : document.GetObject()) {
    const std::string name = Text(member.name);
    if (!seen.insert(name).second) return absl::InvalidArgumentError("a member is there twice");
    if (absl::Status taken = Take(name, member.value, row); !taken.ok()) return taken;
  }
  if (!seen.contains("email")) return Fault("email", "is required");
  if (!seen.contains("password_hash")) return Fault("password_hash", "is required");
  return row;
}

std::string UserIdOf(std::string_view import_id, std::uint64_t line) {
  const secret::Digest digest = secret::Sha256(import_id);
  const std::string_view bytes = secret::AsBytes(digest);
  uuid::Uuid::Bytes id{};
  for (std::size_t i = 0; i < 10; ++i) id[i] = static_cast<unsigned char>(bytes[i]);
  for (std::size_t i = 10; i < 16; ++i) {
    id[i] = static_cast<unsigned char>(line >> (8 * (15 - i)));
  }
  id[6] = static_cast<unsigned char>((id[6] & 0x0F) | 0x80);
  id[8] = static_cast<unsigned char>((id[8] & 0x3F) | 0x80);
  return uuid::Uuid(id).ToString();
}

}  // namespace tokenforge::cli
