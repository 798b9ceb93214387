#include "cli/record.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "lib/telemetry/json_text.h"

namespace tokenforge::cli {
namespace {

using google::protobuf::util::TimeUtil;
constexpr std::size_t kRowsAtOnce = 500;

std::string Joined(const Record::List& list) {
  std::string text;
  for (const std::string& item : list) text += (text.empty() ? "" : " ") + item;
  return text;
}

// Code points, which is near enough to columns.
std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void PrintRow(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
              std::ostream& out) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out << cells[i];
    if (i + 1 < cells.size()) out << std::string(widths[i] - WidthOf(cells[i]) + 2, ' ');
  }
  out << '\n';
}

}  // namespace

Record& Record::Add(std::string name, Value value) {
  fields_.emplace_back(std::move(name), std::move(value));
  return *this;
}

Record& Record::Text(std::string name, std::string value) {
  return Add(std::move(name), std::move(value));
}

Record& Record::Number(std::string name, std::int64_t value) { return Add(std::move(name), value); }

Record& Record::Truth(std::string name, bool value) { return Add(std::move(name), value); }

Record& Record::Time(std::string name, const google::protobuf::Timestamp& value) {
  return Time(std::move(name), value.seconds());
}

Record& Record::Time(std::string name, std::int64_t seconds_since_1970) {
  constexpr std::int64_t kLast = 253402300799;  // of the year 9999
  if (seconds_since_1970 == 0) return Add(std::move(name), Nothing());
  const std::int64_t shown = std::clamp<std::int64_t>(seconds_since_1970, 0, kLast);
  return Add(std::move(name), TimeUtil::ToString(TimeUtil::SecondsToTimestamp(shown)));
}

Record& Record::Texts(std::string name, List value) {
  return Add(std::move(name), std::move(value));
}

std::string Record::Json() const {
  struct Write {
    std::string& to;
    void operator()(Nothing) const { to += "null"; }
    void operator()(const std::string& text) const { telemetry::AppendJsonString(text, &to); }
    void operator()(std::int64_t number) const { to += std::to_string(number); }
    void operator()(bool truth) const { to += truth ? "true" : "false"; }
    void operator()(const List& list) const {
      to += '[';
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0) to += ',';
        telemetry::AppendJsonString(list[i], &to);
      }
      to += ']';
    }
  };
  std::string json = "{";
  for (const auto& [name, value] : fields_) {
    if (json.size() > 1) json += ',';
    telemetry::AppendJsonString(name, &json);
    json += ':';
    std::visit(Write{json}, value);
  }
  return json + "}";
}

std::vector<std::string> Record::Headings() const {
  std::vector<std::string> headings;
  for (const auto& [name, value] : fields_) {
    std::string& heading = headings.emplace_back(name);
    for (char& c : heading) {
      c = c == '_' ? ' ' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
  }
  return headings;
}

std::vector<std::string> Record::Cells() const {
  struct Write {
    std::string operator()(Nothing) const { return ""; }
    std::string operator()(const std::string& text) const { return Printable(text); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(bool truth) const { return truth ? "yes" : "no"; }
    std::string operator()(const List& list) const { return Printable(Joined(list)); }
  };
  std::vector<std::string> cells;
  for (const auto& [name, value] : fields_) {
    std::string& cell = cells.emplace_back(std::visit(Write(), value));
    if (cell.empty()) cell = "-";
  }
  return cells;
}

void Listing::Add(const Record& record) {
  ++size_;
  if (json_) {
    out_ << record.Json() << '\n';
    return;
  }
  if (!headed_) rows_.push_back(record.Headings());
  headed_ = true;
  rows_.push_back(record.Cells());
  if (rows_.size() >= kRowsAtOnce) Finish();
}

void Listing::Finish() {
  for (const auto& row : rows_) {
    widths_.resize(std::max(widths_.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], WidthOf(row[i]));
  }
  for (const auto& row : rows_) PrintRow(row, widths_, out_);
  rows_.clear();
}

void Show(const Record& record, bool json, std::ostream& out) {
  if (json) {
    out << record.Json() << '\n';
    return;
  }
  std::vector<std::string> names = record.Headings();
  std::size_t widest = 0;
  for (std::string& name : names) {
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    widest = std::max(widest, name.size());
  }
  const std::vector<std::string> cells = record.Cells();
  for (std::size_t i = 0; i < names.size(); ++i) PrintRow({names[i], cells[i]}, {widest, 0}, out);
}

std::string Printable(std::string_view text) {
  std::string quoted;
  telemetry::AppendJsonString(text, &quoted);
  std::string shown;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    // What JSON escapes and a terminal does not mind.
    const bool harmless = quoted[i] == '\\' && (quoted[i + 1] == '"' || quoted[i + 1] == '\\');
    if (harmless) ++i;
    shown += quoted[i];
  }
  return shown;
}

}  // namespace tokenforge::cli
