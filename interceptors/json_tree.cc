#include "interceptors/json_tree.h"

#define RAPIDJSON_NAMESPACE tokenforge::internal::rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN  \
  namespace tokenforge::internal { \
  namespace rapidjson {
#define RAPIDJSON_NAMESPACE_END \
  }                             \
  }
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/jose/utf8.h"

namespace tokenforge::internal {
namespace {

using Kind = JsonTree::Kind;

constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseInsituFlag;

std::string LineName(std::size_t line) { return "line " + std::to_string(line); }

// Builds the tree from the parser's events. The parser recurses, so a level is refused before it
// is entered.
class Builder {
 public:
  Builder(std::string_view text, rapidjson::InsituStringStream& stream, const JsonLimits& limits)
      : text_(text), stream_(stream), limits_(limits) {}

  bool Null() { return Add(Value(Kind::kNull)); }
  bool Bool(bool truth) {
    JsonTree value = Value(Kind::kBool);
    value.truth = truth;
    return Add(std::move(value));
  }
  bool Int(int number) { return Int64(number); }
  bool Uint(unsigned number) { return Int64(number); }
  bool Int64(std::int64_t number) {
    JsonTree value = Value(Kind::kNumber);
    value.whole = true;
    value.number = number;
    return Add(std::move(value));
  }
  bool Uint64(std::uint64_t number) {
    const bool fits = number <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    return fits ? Int64(static_cast<std::int64_t>(number)) : Double(0);
  }
  bool Double(double) { return Add(Value(Kind::kNumber)); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    JsonTree value = Value(Kind::kText);
    value.text.assign(text, size);
    return IsWhole(value.text) && Add(std::move(value));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    name_.assign(text, size);
    name_line_ = Line();
    return IsWhole(name_);
  }
  bool StartObject() { return Open(Kind::kObject); }
  bool StartArray() { return Open(Kind::kArray); }
  bool EndObject(rapidjson::SizeType) {
    CheckNames(open_.back());
    return Close();
  }
  bool EndArray(rapidjson::SizeType) { return Close(); }

  JsonTree&& Take() && { return std::move(root_); }
  std::vector<errors::FieldFault>& faults() { return faults_; }
  const char* limit() const { return limit_; }
  std::size_t LineAt(std::size_t offset) {
    for (; counted_ < offset && counted_ < text_.size(); ++counted_)
      line_ += text_[counted_] == '\n';
    return line_;
  }

 private:
  std::size_t Line() { return LineAt(stream_.Tell()); }

  // The bytes of the document were judged by the parser; an escape alone can still bring the lower
  // half of a surrogate pair, which is no character and no UTF-8.
  bool IsWhole(std::string_view text) {
    if (jose::IsUtf8(text)) return true;
    limit_ = "half a surrogate pair is no character";
    return false;
  }

  JsonTree Value(Kind kind) {
    JsonTree value;
    value.kind = kind;
    value.line = name_line_ > 0 ? name_line_ : Line();
    value.name = std::exchange(name_, {});
    name_line_ = 0;
    return value;
  }

  bool Counted() {
    if (++values_ <= limits_.values) return true;
    limit_ = "there are too many values";
    return false;
  }

  bool Add(JsonTree value) {
    if (!Counted()) return false;
    (open_.empty() ? root_ : open_.back().children.emplace_back()) = std::move(value);
    return true;
  }

  bool Open(Kind kind) {
    if (!Counted()) return false;
    if (open_.size() == limits_.depth) {
      limit_ = "values are nested too deeply";
      return false;
    }
    open_.push_back(Value(kind));
    return true;
  }

  bool Close() {
    JsonTree value = std::move(open_.back());
    open_.pop_back();
    (open_.empty() ? root_ : open_.back().children.emplace_back()) = std::move(value);
    return true;
  }

  // Of two members of one name people believe in one, and programs in the other.
  void CheckNames(const JsonTree& object) {
    std::set<std::string_view> names;
    for (const JsonTree& member : object.children) {
      if (names.insert(member.name).second) continue;
      faults_.push_back(
          {LineName(member.line), "the member \"" + Shown(member.name) + "\" comes twice"});
    }
  }

  const std::string_view text_;
  rapidjson::InsituStringStream& stream_;
  const JsonLimits& limits_;
  std::size_t counted_ = 0, line_ = 1;  // the line at the offset `counted_`
  std::size_t values_ = 0;
  std::string name_;
  std::size_t name_line_ = 0;
  std::vector<JsonTree> open_;
  JsonTree root_;
  std::vector<errors::FieldFault> faults_;
  const char* limit_ = nullptr;  // why parsing was ended from here
};

}  // namespace

absl::StatusOr<JsonTree> ParseJsonTree(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return errors::InvalidFields(
        {{"line 1", "there are more than " + std::to_string(limits.bytes) + " bytes"}});
  }
  // The parser takes NUL for the end of the text.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    const auto before = text.substr(0, nul);
    const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    return errors::InvalidFields({{LineName(lines + 1), "there is a NUL byte"}});
  }
  // In place, in a copy: the parser's own stack of characters begins with arithmetic on a null
  // pointer. Its check of the encoding looks up to three bytes behind a text that ends within a
  // character.
  std::string copy(text);
  copy.append(3, '\0');
  rapidjson::InsituStringStream stream(copy.data());
  rapidjson::Reader reader;
  Builder builder(text, stream, limits);
  const auto result = reader.Parse<kFlags>(stream, builder);
  if (result.IsError()) {
    const char* const why =
        builder.limit() != nullptr ? builder.limit() : rapidjson::GetParseError_En(result.Code());
    builder.faults().push_back({LineName(builder.LineAt(result.Offset())), why});
  }
  if (!builder.faults().empty()) return errors::InvalidFields(builder.faults());
  return std::move(builder).Take();
}

std::string Shown(std::string_view name) {
  std::string shown(name.substr(0, 100));
  for (char& c : shown) {
    if (c <= ' ' || c > '~') c = '?';
  }
  if (shown.size() < name.size()) shown += "...";
  return shown;
}

}  // namespace tokenforge::internal
