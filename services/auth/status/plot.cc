#include "services/auth/status/plot.h"

#include <algorithm>
#include <limits>

namespace tokenforge::auth::status {
namespace {

// In units of the drawing, which scales with the page.
constexpr int kLeft = 60, kTop = 12, kBar = 9, kHeight = 150;
constexpr int kWidth = kBar * Hour::kMinutes;

std::uint64_t Busiest(const Plot& plot, const Hour& hour) {
  Hour::Minutes sums{};
  for (const Band& band : plot.bands) {
    const Hour::Minutes minutes = hour.Of(band.line);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += minutes[i];
  }
  return *std::ranges::max_element(sums);
}

void DrawScale(std::uint64_t top, Html& html) {
  for (const int half : {0, 1, 2}) {
    if (half == 1 && top % 2 != 0) continue;
    const int y = kTop + kHeight - half * kHeight / 2;
    html.Raw("<line class=\"grid\" x1=\"").Number(kLeft).Raw("\" x2=\"").Number(kLeft + kWidth);
    html.Raw("\" y1=\"").Number(y).Raw("\" y2=\"").Number(y).Raw("\"/><text class=\"y\" x=\"");
    html.Number(kLeft - 8).Raw("\" y=\"").Number(y + 7).Raw("\">");
    html.Number(static_cast<std::int64_t>(top) / 2 * half + (half == 2 ? top % 2 : 0));
    html.Raw("</text>");
  }
  const int y = kTop + kHeight + 26;
  html.Raw("<text x=\"").Number(kLeft).Raw("\" y=\"").Number(y).Raw("\">60 min ago</text>");
  html.Raw("<text class=\"middle\" x=\"").Number(kLeft + kWidth / 2).Raw("\" y=\"").Number(y);
  html.Raw("\">30 min</text><text class=\"end\" x=\"").Number(kLeft + kWidth).Raw("\" y=\"");
  html.Number(y).Raw("\">now</text>");
}

void DrawUnknown(int known, Html& html) {
  if (known >= Hour::kMinutes) return;
  html.Raw("<rect class=\"unknown\" x=\"").Number(kLeft).Raw("\" y=\"").Number(kTop);
  html.Raw("\" width=\"").Number(kBar * (Hour::kMinutes - known)).Raw("\" height=\"");
  html.Number(kHeight).Raw("\"/>");
}

// Nothing that happened is drawn as nothing: a bar is one unit high at least.
int HeightOf(std::uint64_t count, std::uint64_t top) {
  if (count == 0) return 0;
  return std::max(1, static_cast<int>(count * static_cast<std::uint64_t>(kHeight) / top));
}

void DrawBars(const Plot& plot, const Hour& hour, std::uint64_t top, Html& html) {
  std::array<int, Hour::kMinutes> floor{};
  for (const Band& band : plot.bands) {
    const Hour::Minutes minutes = hour.Of(band.line);
    html.Raw("<g class=\"").Raw(band.css).Raw("\">");
    for (std::size_t i = 0; i < minutes.size(); ++i) {
      const int height = std::min(HeightOf(minutes[i], top), kHeight - floor[i]);
      if (height <= 0) continue;
      floor[i] += height;
      html.Raw("<rect x=\"").Number(kLeft + kBar * static_cast<int>(i) + 1).Raw("\" y=\"");
      html.Number(kTop + kHeight - floor[i]).Raw("\" width=\"").Number(kBar - 2);
      html.Raw("\" height=\"").Number(height).Raw("\"/>");
    }
    html.Raw("</g>");
  }
}

void Sums(const Plot& plot, const Hour& hour, Html& html) {
  bool first = true;
  for (const Band& band : plot.bands) {
    if (!first) html.Raw(", ");
    first = false;
    html.Number(static_cast<std::int64_t>(hour.SumOf(band.line))).Raw(" ").Raw(band.name);
  }
}

void Legend(const Plot& plot, const Hour& hour, Html& html) {
  html.Raw("<ul class=\"legend\">");
  for (const Band& band : plot.bands) {
    html.Raw("<li><svg class=\"key\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><g class=\"");
    html.Raw(band.css).Raw("\"><rect width=\"10\" height=\"10\"/></g></svg> ").Raw(band.name);
    html.Raw(" <b>").Number(static_cast<std::int64_t>(hour.SumOf(band.line))).Raw("</b></li>");
  }
  html.Raw("</ul>");
}

}  // namespace

std::uint64_t RoundUp(std::uint64_t most) {
  std::uint64_t ten = 1;
  while (ten < std::numeric_limits<std::uint64_t>::max() / 100) {
    for (const std::uint64_t step : {1, 2, 5}) {
      if (step * ten >= most) return step * ten;
    }
    ten *= 10;
  }
  return most;
}

void Draw(const Plot& plot, const Hour& hour, Html& html) {
  const std::uint64_t busiest = Busiest(plot, hour);
  // A quiet hour has a scale all the same.
  const std::uint64_t top = RoundUp(std::max<std::uint64_t>(busiest, 2));
  html.Raw("<figure><figcaption id=\"").Raw(plot.id).Raw("\">").Raw(plot.title);
  html.Raw("</figcaption><svg class=\"plot\" role=\"img\" viewBox=\"0 0 ")
      .Number(kLeft + kWidth + 8);
  html.Raw(" ").Number(kTop + kHeight + 34).Raw("\" aria-labelledby=\"").Raw(plot.id);
  html.Raw(" ").Raw(plot.id).Raw("-said\"><desc id=\"").Raw(plot.id).Raw("-said\">");
  html.Raw("In the last hour ");
  Sums(plot, hour, html);
  html.Raw("; the busiest minute had ").Number(static_cast<std::int64_t>(busiest)).Raw(".</desc>");
  DrawUnknown(hour.Known(), html);
  DrawScale(top, html);
  DrawBars(plot, hour, top, html);
  html.Raw("</svg>");
  Legend(plot, hour, html);
  html.Raw("</figure>");
}

}  // namespace tokenforge::auth::status
