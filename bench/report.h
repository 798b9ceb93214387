// Figures: what a benchmark measured, under the names of the goals, as a table for people and JSON
// for programs.
//
// These machines are noisy: a figure is a median of several rounds, and where it can be a ratio of
// two things measured in turn. Used from one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tokenforge::bench {

// A goal as it stands in the contract: at most or at least this.
struct Goal {
  enum class Kind { kNone, kAtMost, kAtLeast };
  Kind kind = Kind::kNone;
  double value = 0;
};
inline Goal AtMost(double value) { return {Goal::Kind::kAtMost, value}; }
inline Goal AtLeast(double value) { return {Goal::Kind::kAtLeast, value}; }

struct Figure {
  std::string key;  // as in the goals, such as "verify_ratio_rs256"
  double value = 0;
  std::string unit;  // "µs", "x" for a ratio, "1/s", …
  Goal goal;
  std::string what;  // one phrase
};

class Report {
 public:
  void Add(Figure figure);
  // A figure that could not be had here, and why.
  void Missing(const std::string& key, const std::string& why);

  std::string Table() const;
  std::string Json() const;

 private:
  std::vector<Figure> figures_;
  std::map<std::string, std::string> missing_;
};

double Median(std::vector<double> values);
double Percentile(std::vector<double> values, double p);  // p in 0…1

}  // namespace tokenforge::bench
