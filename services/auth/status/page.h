// The status page as one HTML document, drawn from facts and nothing else.
//
// No script, no asset, no form: what it shows is its text. It asks the browser to load it again
// every kRenewal. Pure; about a millisecond.
#pragma once

#include <chrono>
#include <string>

#include "services/auth/status/facts.h"
#include "services/auth/status/html.h"

namespace tokenforge::auth::status {

inline constexpr std::chrono::seconds kRenewal{10};

struct Moment {
  clock::WallTime wall;
  clock::SteadyTime steady;
};

std::string DrawPage(const Facts& facts, const Moment& now);

// Its parts; page_tables.cc.
void DrawServices(const Facts& facts, const Moment& now, Html& html);
void DrawKeys(const Facts& facts, const Moment& now, Html& html);
void DrawGuards(const Facts& facts, const Moment& now, Html& html);
void DrawEvents(const Facts& facts, const Moment& now, Html& html);

}  // namespace tokenforge::auth::status
