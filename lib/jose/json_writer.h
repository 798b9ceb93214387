// Writes flat JSON objects: strings, numbers of seconds, lists of strings. That is all that this
// folder ever writes.
//
// Not RapidJSON's writer: its SIMD scan leaves the control characters 1A to 1F as they are, and its
// stack does arithmetic on null pointers. Text must be UTF-8; what JSON must escape is escaped. A
// value that appends to its own string; not for threads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tokenforge::jose {

class JsonWriter {
 public:
  JsonWriter() { text_.reserve(1024); }

  void Text(std::string_view name, std::string_view value);
  void Number(std::string_view name, std::int64_t value);
  void List(std::string_view name, std::span<const std::string> values);

  // The whole object; the writer is done after this.
  std::string Take() &&;

 private:
  void Name(std::string_view name);
  void Quoted(std::string_view text);

  std::string text_;
};

}  // namespace tokenforge::jose
