#include "lib/jose/header.h"

#include "lib/jose/base64url.h"
#include "lib/jose/json.h"
#include "lib/jose/public_key.h"

namespace tokenforge::jose {
namespace {

// Our own are about 90 bytes. A small bound also bounds the work that an unsigned header can cause.
constexpr std::size_t kHeaderLimit = 1024;

class HeaderSink {
 public:
  explicit HeaderSink(Header& header) : header_(header) {}

  bool Member(std::string_view name) {
    member_ = name;
    return name != "crit" && name != "b64";
  }
  bool Text(std::string_view value) {
    if (member_ == "alg") header_.alg = value;
    if (member_ == "kid") header_.kid = value;
    if (member_ == "typ") header_.typ = value;
    return true;
  }
  bool Number(double) { return !IsOurs(); }
  bool Array() { return !IsOurs(); }
  bool Other() { return !IsOurs(); }

 private:
  // Members that must be strings. Elements of arrays come only under other names.
  bool IsOurs() const { return member_ == "alg" || member_ == "kid" || member_ == "typ"; }

  Header& header_;
  std::string_view member_;
};

}  // namespace

std::optional<Header> ParseHeader(std::string_view segment) {
  if (segment.size() > base64url::EncodedSize(kHeaderLimit)) return std::nullopt;
  std::array<char, kHeaderLimit + json::kPadding> text;
  const std::size_t size = base64url::DecodedSize(segment.size());
  if (!base64url::DecodeTo(segment, text.data())) return std::nullopt;
  std::fill_n(text.data() + size, json::kPadding, '\0');

  Header header;
  HeaderSink sink(header);
  if (!json::ParseObject(text.data(), size, sink)) return std::nullopt;
  if (header.alg.empty() || header.kid.empty() || header.kid.size() > kKidLimit)
    return std::nullopt;
  return header;
}

std::string HeaderSegment(Algorithm algorithm, std::string_view kid) {
  const std::string_view alg = Name(algorithm);
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  writer.Key("alg");
  writer.String(alg.data(), static_cast<rapidjson::SizeType>(alg.size()));
  writer.Key("kid");
  writer.String(kid.data(), static_cast<rapidjson::SizeType>(kid.size()));
  writer.Key("typ");
  writer.String(kAccessTokenType.data(), static_cast<rapidjson::SizeType>(kAccessTokenType.size()));
  writer.EndObject();
  return base64url::Encode({buffer.GetString(), buffer.GetSize()});
}

}  // namespace tokenforge::jose
