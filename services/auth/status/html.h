// Html: a document that is written from front to back, in which only literals of ours are markup.
//
// Why a type: names of guards, reasons that people typed and kinds of events come from elsewhere,
// and one forgotten escape would let whoever chose them write into an operator's browser. Here that
// is not possible by oversight: Raw takes what the compiler has seen as a literal, everything else
// is Text, and Text is the one place that escapes.
//
// Not thread-safe; a value of one function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tokenforge::auth::status {

// Markup that stands in our source.
class Literal {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is one wherever it is wanted
  consteval Literal(const char* text) : text_(text) {}
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Html {
 public:
  Html& Raw(Literal markup);

  // Good as content of an element and inside a quoted attribute. Escapes & < > " and '; whatever is
  // no UTF-8, no character to look at (controls), or turns the direction of what follows becomes
  // U+FFFD, so that a text can neither hide nor seem to be part of the page.
  Html& Text(std::string_view text);

  // The same, cut after so many characters, with an ellipsis.
  Html& Text(std::string_view text, std::size_t most);

  Html& Number(std::int64_t number);

  std::string Take() && { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace tokenforge::auth::status
