// A plot of the last hour as inline SVG: one bar a minute, stacked.
//
// Drawn on the server, since the page runs no script. For whoever cannot see it, its title and
// description say the sums; bars of one band differ from the next in lightness as well as in
// colour. Pure.
#pragma once

#include <vector>

#include "services/auth/status/hour.h"
#include "services/auth/status/html.h"

namespace tokenforge::auth::status {

struct Band {
  Line line;
  Literal css;   // class of the stylesheet
  Literal name;  // "succeeded"
};

struct Plot {
  Literal id;               // of the elements that name it
  Literal title;            // "Logins a minute"
  std::vector<Band> bands;  // from the bottom
};

void Draw(const Plot& plot, const Hour& hour, Html& html);

// The least of 1, 2, 5, 10, 20, 50, … that is no less: the top of the scale.
std::uint64_t RoundUp(std::uint64_t most);

}  // namespace tokenforge::auth::status
