#include "bench/rank_sum.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tokenforge::bench {

double RankSumP(const std::vector<double>& one, const std::vector<double>& other) {
  std::vector<std::pair<double, bool>> all;  // value, and whether it is of `one`
  for (double value : one) all.emplace_back(value, true);
  for (double value : other) all.emplace_back(value, false);
  std::sort(all.begin(), all.end());

  const double n = static_cast<double>(all.size());
  double rank_sum = 0;
  double ties = 0;
  for (size_t begin = 0; begin < all.size();) {
    size_t end = begin;
    while (end < all.size() && all[end].first == all[begin].first) ++end;
    const double tied = static_cast<double>(end - begin);
    const double rank = (static_cast<double>(begin + end) + 1) / 2;  // counted from 1
    for (size_t i = begin; i < end; ++i) rank_sum += all[i].second ? rank : 0;
    ties += tied * tied * tied - tied;
    begin = end;
  }
  const double n1 = static_cast<double>(one.size());
  const double n2 = static_cast<double>(other.size());
  const double u = rank_sum - n1 * (n1 + 1) / 2;
  const double spread = std::sqrt(n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1))));
  if (!(spread > 0)) return 1;
  const double away = std::max(0.0, std::fabs(u - n1 * n2 / 2) - 0.5) / spread;
  return std::erfc(away / std::sqrt(2.0));
}

}  // namespace tokenforge::bench
