// Whether two samples of times could come from the same source: the Mann-Whitney rank-sum test.
//
// Why this one: times have long tails, and it asks nothing of their distribution. Pure function.
#pragma once

#include <vector>

namespace tokenforge::bench {

// The two-sided p-value by the normal approximation with ties (good from twenty values each on):
// how often two samples of one source would differ in rank as much as these. Small: they can be
// told apart.
double RankSumP(const std::vector<double>& one, const std::vector<double>& other);

}  // namespace tokenforge::bench
