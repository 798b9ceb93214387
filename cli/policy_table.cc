#include "cli/policy_table.h"

#include <algorithm>
#include <iomanip>

#include "interceptors/policy_compare.h"
#include "lib/telemetry/json_text.h"

namespace tokenforge::cli {
namespace {

using Origin = PolicyRow::Origin;
using Texts = std::vector<std::string>;

std::string Clean(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string clean;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      clean.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    clean += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
  return clean;
}

std::string Joined(const Texts& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : "; ") + text;
  return joined;
}

std::string OriginText(const PolicyRow& row) {
  switch (row.origin) {
    case Origin::kMethod:
      return "method";
    case Origin::kService:
      return "service";
    case Origin::kFile:
      return "file, line " + std::to_string(row.line);
    default:
      return "none";
  }
}

std::string RuleText(const PolicyRow& row) {
  if (!row.rule) return "NO RULE";
  const std::string rule = internal::Describe(*row.rule);
  return rule.empty() ? "AN EMPTY RULE" : Clean(rule);
}

class Json {
 public:
  explicit Json(std::ostream& out) : out_(out) {}

  void Text(std::string_view text) {
    std::string json;
    telemetry::AppendJsonString(text, &json);
    out_ << json;
  }
  void Member(const char* name, std::string_view value) {
    out_ << ",\"" << name << "\":";
    Text(value);
  }
  void Member(const char* name, const Texts& values) {
    out_ << ",\"" << name << "\":[";
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ << ',';
      Text(values[i]);
    }
    out_ << ']';
  }
  void Rule(const AccessRule& rule) {
    const bool open = rule.access == AccessRule::Access::kPublic;
    const bool said = rule.access == AccessRule::Access::kAuthenticated;
    Member("access", open ? "PUBLIC" : said ? "AUTHENTICATED" : "");
    Member("any_role", rule.any_role);
    Member("all_scopes", rule.all_scopes);
    Member("peers", rule.peers);
    Member("audience", rule.audience);
    out_ << ",\"fresh\":" << (rule.fresh ? "true" : "false");
    if (rule.max_stale) out_ << ",\"max_stale_seconds\":" << rule.max_stale->count();
  }
  void Row(const PolicyRow& row) {
    out_ << "{\"method\":";
    Text(row.method);
    const bool from_file = row.origin == Origin::kFile;
    Member("rule_of", from_file ? "file" : OriginText(row));
    if (row.rule) Rule(*row.rule);
    if (from_file) {
      out_ << ",\"line\":" << row.line;
      Member("looser", row.looser);
      Member("loosens_because", row.because);
    }
    out_ << '}';
  }

 private:
  std::ostream& out_;
};

}  // namespace

void PrintTable(const std::vector<PolicyRow>& rows, std::ostream& out) {
  std::size_t method = 6, rule = 12;
  for (const PolicyRow& row : rows) {
    method = std::max(method, Clean(row.method).size());
    rule = std::max(rule, RuleText(row).size());
  }
  const auto line = [&](const std::string& a, const std::string& b, const std::string& c) {
    out << std::left << std::setw(static_cast<int>(method)) << a << "  "
        << std::setw(static_cast<int>(rule)) << b << "  " << c << '\n';
  };
  line("METHOD", "WHO MAY CALL", "RULE OF");
  for (const PolicyRow& row : rows) {
    line(Clean(row.method), RuleText(row), OriginText(row));
    if (!row.looser.empty()) {
      out << "    looser than its proto: " << Clean(Joined(row.looser)) << '\n'
          << "    because: " << Clean(row.because) << '\n';
    }
  }
}

void PrintJson(const std::vector<PolicyRow>& rows, const std::vector<errors::FieldFault>& faults,
               std::ostream& out) {
  Json json(out);
  out << "{\"methods\":[";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out << (i > 0 ? ",\n" : "\n");
    json.Row(rows[i]);
  }
  out << "],\n\"faults\":[";
  for (std::size_t i = 0; i < faults.size(); ++i) {
    out << (i > 0 ? ",\n" : "\n") << "{\"where\":";
    json.Text(faults[i].field);
    json.Member("what", faults[i].description);
    out << '}';
  }
  out << "]}\n";
}

void PrintFaults(const std::vector<errors::FieldFault>& faults, std::ostream& err) {
  for (const errors::FieldFault& fault : faults) {
    err << "tokenforge policy: " << Clean(fault.field) << ": " << Clean(fault.description) << '\n';
  }
}

}  // namespace tokenforge::cli
