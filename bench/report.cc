#include "bench/report.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tokenforge::bench {
namespace {

std::string Number(double value) {
  char text[32];
  const double size = std::fabs(value);
  std::snprintf(text, sizeof text, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.3f", value);
  return text;
}

std::string GoalText(const Goal& goal) {
  if (goal.kind == Goal::Kind::kNone) return "";
  return (goal.kind == Goal::Kind::kAtMost ? "≤ " : "≥ ") + Number(goal.value);
}

std::string VerdictText(const Figure& figure) {
  if (figure.goal.kind == Goal::Kind::kNone) return "";
  const bool met = figure.goal.kind == Goal::Kind::kAtMost ? figure.value <= figure.goal.value
                                                           : figure.value >= figure.goal.value;
  if (met) return "met";
  return "missed by " + Number(100 * std::fabs(figure.value / figure.goal.value - 1)) + " %";
}

}  // namespace

void Report::Add(Figure figure) {
  std::fprintf(stderr, "  %s = %s %s\n", figure.key.c_str(), Number(figure.value).c_str(),
               figure.unit.c_str());
  figures_.push_back(std::move(figure));
}

void Report::Missing(const std::string& key, const std::string& why) {
  std::fprintf(stderr, "  %s: not measured: %s\n", key.c_str(), why.c_str());
  missing_[key] = why;
}

std::string Report::Table() const {
  std::string table;
  char line[400];
  std::snprintf(line, sizeof line, "%-30s %12s %-5s %10s  %-18s %s\n", "figure", "measured", "unit",
                "goal", "", "what");
  table += line;
  for (const Figure& figure : figures_) {
    // "≤" and "µ" are wider in bytes than on the screen; the columns allow for it.
    const std::string goal = GoalText(figure.goal);
    std::snprintf(line, sizeof line, "%-30s %12s %-*s %*s  %-18s %s\n", figure.key.c_str(),
                  Number(figure.value).c_str(), figure.unit == "µs" ? 6 : 5, figure.unit.c_str(),
                  goal.empty() ? 10 : 12, goal.c_str(), VerdictText(figure).c_str(),
                  figure.what.c_str());
    table += line;
  }
  for (const auto& [key, why] : missing_) table += key + ": not measured: " + why + "\n";
  return table;
}

std::string Report::Json() const {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json(buffer);
  json.SetIndent(' ', 2);
  json.SetMaxDecimalPlaces(4);
  json.StartObject();
  for (const Figure& figure : figures_) {
    json.Key(figure.key.c_str());
    json.Double(figure.value);
  }
  for (const auto& [key, why] : missing_) {
    json.Key(key.c_str());
    json.Null();
  }
  json.EndObject();
  return buffer.GetString();
}

double Median(std::vector<double> values) { return Percentile(std::move(values), 0.5); }

double Percentile(std::vector<double> values, double p) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto index = static_cast<size_t>(p * static_cast<double>(values.size()));
  return values[std::min(index, values.size() - 1)];
}

}  // namespace tokenforge::bench
