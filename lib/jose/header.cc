#include "lib/jose/header.h"

#include <utility>

#include "lib/jose/base64url.h"
#include "lib/jose/json.h"
#include "lib/jose/json_writer.h"
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
  JsonWriter writer;
  writer.Text("alg", Name(algorithm));
  writer.Text("kid", kid);
  writer.Text("typ", kAccessTokenType);
  return base64url::Encode(std::move(writer).Take());
}

}  // namespace tokenforge::jose
