// What of a JSON text can be judged before it is parsed: its bytes.
//
// The parser of this folder is RapidJSON with its own checks of encoding off (they cost more than
// the rest of the parse) and its SIMD scanner on, which lets the control characters 1A to 1F
// through. So the bytes are judged here first, eight at a time. Pure; thread-safe.
#pragma once

#include <string_view>

namespace tokenforge::jose {

// Well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

// What a string value may hold: UTF-8 without NUL, which C interfaces further on would take for its
// end.
bool IsCleanText(std::string_view text);

// What a value of ours may hold: UTF-8 without any control character, so that it cannot forge a
// line of a log.
bool IsPrintableText(std::string_view text);

enum class TextKind {
  kPlain,    // ASCII without backslashes: its strings need no further look
  kRich,     // well-formed, but strings may hold escapes, whose result must be checked with
             // IsCleanText
  kInvalid,  // not UTF-8, or holds control characters that JSON allows nowhere
};
TextKind JudgeJsonText(std::string_view text);

}  // namespace tokenforge::jose
