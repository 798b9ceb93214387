// Records: what commands answer with, rendered for people or for scripts.
//
// People see one record as `name  value` lines and many as an aligned table with a heading; scripts
// (--json) see one JSON object a line, written as it comes, with names as in the protos and types
// of JSON. Times are RFC 3339 in UTC. Values may come from anybody (a device's name): characters
// that would move a terminal's cursor, hide or reorder text are escaped in both.
//
// Used by one thread.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace google::protobuf {
class Timestamp;
}

namespace tokenforge::cli {

class Record {
 public:
  using List = std::vector<std::string>;

  Record& Text(std::string name, std::string value);
  Record& Number(std::string name, std::int64_t value);
  Record& Truth(std::string name, bool value);
  // Absent (null, or "-") at 0 s.
  Record& Time(std::string name, const google::protobuf::Timestamp& value);
  Record& Time(std::string name, std::int64_t seconds_since_1970);
  Record& Texts(std::string name, List value);

  std::string Json() const;  // one line without its end
  // For people: headings (names in capitals, blanks for underscores) and the text of each value.
  std::vector<std::string> Headings() const;
  std::vector<std::string> Cells() const;

 private:
  struct Nothing {};
  using Value = std::variant<Nothing, std::string, std::int64_t, bool, List>;
  Record& Add(std::string name, Value value);
  std::vector<std::pair<std::string, Value>> fields_;
};

// Many records of one kind. What was added last shows at Finish, or when the destructor runs.
class Listing {
 public:
  Listing(std::ostream& out, bool json) : out_(out), json_(json) {}
  ~Listing() { Finish(); }
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;

  void Add(const Record& record);
  void Finish();
  int size() const { return size_; }

 private:
  std::ostream& out_;
  const bool json_;
  int size_ = 0;
  bool headed_ = false;
  std::vector<std::vector<std::string>> rows_;  // for people, that wait to be aligned
  std::vector<std::size_t> widths_;
};

// One record by itself.
void Show(const Record& record, bool json, std::ostream& out);

// Text as people may safely be shown it.
std::string Printable(std::string_view text);

}  // namespace tokenforge::cli
