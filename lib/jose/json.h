// Strict JSON for this folder's .cc files: one parser, one set of limits, for tokens and key sets
// alike.
//
// RapidJSON in situ and without a tree (whose header clang 19 refuses to compile). On top of RFC
// 8259 it refuses what two parsers might read differently (RFC 8725, section 2.4): duplicate
// members at any depth, strings that are not UTF-8 or hold NUL, anything after the root, and a root
// that is no object; and what costs an attacker less than us: more than kDepthLimit levels or
// kMembersLimit members in one object.
//
// The parser recurses, at most kDepthLimit deep: handlers refuse a level before it is entered. Its
// iterative form allocates a stack for each parse and does arithmetic on null pointers, which UBSan
// refuses.
//
// Only for .cc files of lib/jose. RapidJSON lives in a namespace of ours, since its switches (SIMD)
// would otherwise clash with those of other folders that include it (one definition rule).
// Threading: a handler serves one parse.
#pragma once

#define RAPIDJSON_NAMESPACE tokenforge::jose::rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN \
  namespace tokenforge::jose {    \
  namespace rapidjson {
#define RAPIDJSON_NAMESPACE_END \
  }                             \
  }
#ifdef __SSE2__
#define RAPIDJSON_SSE2
#endif

#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "lib/jose/utf8.h"

namespace tokenforge::jose::json {

inline constexpr std::size_t kDepthLimit = 8;
inline constexpr std::size_t kMembersLimit = 64;
// The SIMD scanner loads aligned blocks of 16 bytes, so it may look this far behind the text.
inline constexpr std::size_t kPadding = 16;

// Forwards a document to a Sink as its top-level members. A Sink has, each returning false to
// refuse the document:
//   bool Member(std::string_view name)             a member of the root begins
//   bool Text(std::string_view value)              its value, or an element of the array that is
//   its value bool Number(double value)                      … bool Array() its value is an array,
//   whose elements follow bool Other()                                   null, true, false, an
//   object, or an array in an array: one event
// What lies deeper is checked and not forwarded. Views point into the text.
template <class Sink>
class Handler {
 public:
  Handler(Sink& sink, bool plain) : sink_(sink), plain_(plain) {}

  bool Null() { return Value() && (!Forwards() || sink_.Other()); }
  bool Bool(bool) { return Null(); }
  bool Int(int value) { return Double(value); }
  bool Uint(unsigned value) { return Double(value); }
  bool Int64(std::int64_t value) { return Double(static_cast<double>(value)); }
  bool Uint64(std::uint64_t value) { return Double(static_cast<double>(value)); }
  bool Double(double value) { return Value() && (!Forwards() || sink_.Number(value)); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view value(text, size);
    return Value() && IsClean(value) && (!Forwards() || sink_.Text(value));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view name(text, size);
    return IsClean(name) && IsNew(name) && (depth_ > 1 || sink_.Member(name));
  }
  bool StartObject() {
    if (depth_ > 0 && Forwards() && !sink_.Other()) return false;
    return Open(false);
  }
  bool StartArray() {
    if (depth_ == 0) return false;  // the root must be an object
    if (Forwards() && !(depth_ == 1 ? sink_.Array() : sink_.Other())) return false;
    return Open(true);
  }
  bool EndObject(rapidjson::SizeType) {
    names_used_ = levels_[--depth_].first_name;
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    return true;
  }

 private:
  struct Level {
    bool is_array;
    std::size_t first_name;
  };
  struct MemberName {  // trivial, so that a new handler does not clear 128 of them
    std::uint64_t print;
    const char* name;
    std::size_t size;
  };

  // A scalar may not be the root.
  bool Value() const { return depth_ > 0; }
  // Whether a value that comes now belongs to a member of the root, or to an array that does.
  bool Forwards() const { return depth_ == 1 || (depth_ == 2 && levels_[1].is_array); }
  // Only escapes can bring NUL or half a surrogate pair into a text whose bytes were judged.
  bool IsClean(std::string_view text) const { return plain_ || IsCleanText(text); }

  bool Open(bool is_array) {
    if (depth_ == kDepthLimit) return false;
    levels_[depth_++] = {is_array, names_used_};
    return true;
  }

  // Size and first bytes: nearly always enough to tell two names apart.
  static std::uint64_t Print(std::string_view name) {
    std::uint64_t print = 0;
    std::memcpy(&print, name.data(), std::min<std::size_t>(name.size(), 7));
    return print | std::uint64_t{name.size() & 0xff} << 56;
  }

  bool IsNew(std::string_view name) {
    const std::uint64_t print = Print(name);
    const std::size_t first = levels_[depth_ - 1].first_name;
    if (names_used_ - first == kMembersLimit || names_used_ == names_.size()) return false;
    for (std::size_t i = first; i < names_used_; ++i) {
      const MemberName& other = names_[i];
      if (other.print == print && std::string_view(other.name, other.size) == name) return false;
    }
    names_[names_used_++] = {print, name.data(), name.size()};
    return true;
  }

  Sink& sink_;
  const bool plain_;
  std::size_t depth_ = 0;
  std::size_t names_used_ = 0;
  std::array<Level, kDepthLimit> levels_;
  std::array<MemberName, 2 * kMembersLimit> names_;
};

// Parses `size` bytes at `text`, which it overwrites and which kPadding bytes of NUL must follow.
template <class Sink>
bool ParseObject(char* text, std::size_t size, Sink& sink) {
  const TextKind kind = JudgeJsonText({text, size});
  if (kind == TextKind::kInvalid) return false;
  rapidjson::InsituStringStream stream(text);
  rapidjson::Reader reader;
  Handler<Sink> handler(sink, kind == TextKind::kPlain);
  return !reader.Parse<rapidjson::kParseInsituFlag>(stream, handler).IsError() &&
         stream.Tell() == size;
}

}  // namespace tokenforge::jose::json
