// What a string from outside may hold: strict UTF-8, counted and looked at by code point.
//
// Why here: a NUL cuts a string short in PostgreSQL and in bcrypt, and invalid UTF-8 means
// different things to different readers, so both are refused before anything is stored or hashed.
// Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tokenforge::users {

// How many code points the text has; nothing when it is not UTF-8 as RFC 3629 defines it (overlong
// forms, surrogates and values beyond U+10FFFF are not).
std::optional<std::size_t> CountCodePoints(std::string_view text);

// Whether the text, valid UTF-8, holds a control character: NUL, C0, DEL, C1, a line or paragraph
// separator, or a bidirectional override or isolate, with which a name can forge what stands around
// it.
bool HoldsControlCharacter(std::string_view text);

}  // namespace tokenforge::users
