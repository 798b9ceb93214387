#include "cli/import_state.h"

#include <fcntl.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::cli {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kDigestCharacters = 64;

absl::Status Failed(const std::string& path, const char* what) {
  return absl::InternalError(path + " cannot be " + what + ": " + std::strerror(errno));
}

bool WriteAll(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

std::string JsonOf(const ImportState& state) {
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  writer.StartObject();
  writer.Key("version"), writer.Int(kVersion);
  writer.Key("import_id"), writer.String(state.import_id.c_str());
  writer.Key("offset"), writer.Uint64(state.offset);
  writer.Key("lines"), writer.Uint64(state.lines);
  writer.Key("digest"), writer.String(state.digest.c_str());
  writer.Key("faults"), writer.Uint64(state.faults);
  writer.Key("imported"), writer.Int64(state.imported);
  writer.Key("present"), writer.Int64(state.present);
  writer.Key("refused"), writer.Int64(state.refused);
  writer.EndObject();
  return std::string(text.GetString(), text.GetSize()) + "\n";
}

}  // namespace

std::string DigestOfLine(std::string_view before, std::string_view line) {
  std::string bytes(before);
  bytes += '\n';
  bytes += line;
  const secret::Digest digest = secret::Sha256(bytes);
  const std::string_view hash = secret::AsBytes(digest);
  return absl::BytesToHexString({hash.data(), hash.size()});
}

absl::StatusOr<ImportState> ReadImportState(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(path + " is not there");
  std::stringstream text;
  text << file.rdbuf();
  rapidjson::Document document;
  document.Parse(text.str().c_str());
  const auto number = [&](const char* name) {
    return document.HasMember(name) && document[name].IsUint64();
  };
  const auto string = [&](const char* name) {
    return document.HasMember(name) && document[name].IsString();
  };
  const bool ours = !document.HasParseError() && document.IsObject() && number("version") &&
                    document["version"].GetUint64() == kVersion && string("import_id") &&
                    uuid::IsCanonical(document["import_id"].GetString()) && string("digest") &&
                    (document["digest"].GetStringLength() == 0 ||
                     document["digest"].GetStringLength() == kDigestCharacters) &&
                    number("offset") && number("lines") && number("faults") && number("imported") &&
                    number("present") && number("refused");
  if (!ours) {
    return absl::InvalidArgumentError(path +
                                      " is not the state of an import; move it away to begin "
                                      "from the first line");
  }
  return ImportState{.import_id = document["import_id"].GetString(),
                     .offset = document["offset"].GetUint64(),
                     .lines = document["lines"].GetUint64(),
                     .digest = document["digest"].GetString(),
                     .faults = document["faults"].GetUint64(),
                     .imported = document["imported"].GetInt64(),
                     .present = document["present"].GetInt64(),
                     .refused = document["refused"].GetInt64()};
}

absl::Status WriteImportState(const std::string& path, const ImportState& state) {
  const std::string fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Failed(fresh, "made");
  const bool written = WriteAll(file, JsonOf(state));
  const bool closed = ::close(file) == 0;
  if (!written || !closed) return Failed(fresh, "written");
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return Failed(path, "replaced");
  return absl::OkStatus();
}

}  // namespace tokenforge::cli
