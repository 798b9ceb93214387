#include "services/auth/status/page.h"

#include "services/auth/status/plot.h"
#include "services/auth/status/style.h"
#include "services/auth/status/words.h"

namespace tokenforge::auth::status {
namespace {

void DrawHead(const std::vector<std::string>& problems, Html& html) {
  html.Raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
  // Also where only a tab shows.
  if (!problems.empty()) html.Raw("(").Number(static_cast<std::int64_t>(problems.size())).Raw(") ");
  html.Raw("TokenForge status</title>");
  html.Raw("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
  html.Raw("<meta http-equiv=\"refresh\" content=\"").Number(kRenewal.count()).Raw("\">");
  html.Raw("<link rel=\"icon\" href=\"data:,\"><style>")
      .Raw(Stylesheet())
      .Raw("</style></head><body>");
}

void DrawHeader(const Facts& facts, const Moment& now, bool well, Html& html) {
  html.Raw("<header><h1>TokenForge status</h1>");
  if (well) {
    html.Raw("<span class=\"badge good\">all is well</span>");
  } else {
    html.Raw("<span class=\"badge bad\">needs a look</span>");
  }
  html.Raw("<p>One replica of the façade, up since <time>").Text(TimeText(facts.started));
  html.Raw("</time> UTC. Drawn at <time>").Text(TimeText(now.wall));
  html.Raw("</time> UTC; loads itself again every ")
      .Number(kRenewal.count())
      .Raw(" s.</p></header>");
}

void DrawProblems(const std::vector<std::string>& problems, Html& html) {
  if (problems.empty()) return;
  html.Raw(
      "<section class=\"alarm\" aria-labelledby=\"problems\"><h2 id=\"problems\">Look "
      "here</h2><ul>");
  for (const std::string& problem : problems) html.Raw("<li>").Text(problem).Raw("</li>");
  html.Raw("</ul></section>");
}

void DrawPlots(const Facts& facts, Html& html) {
  html.Raw(
      "<section aria-labelledby=\"hour\"><h2 id=\"hour\">The last hour, as this replica saw "
      "it</h2>");
  html.Raw("<div class=\"plots\">");
  Draw({"logins",
        "Logins a minute",
        {{kLoginsSucceeded, "b1", "succeeded"},
         {kLoginsRefused, "b2", "refused"},
         {kLoginsFailed, "b3", "failed"}}},
       facts.hour, html);
  Draw({"refreshes",
        "Refreshes of sessions a minute",
        {{kRefreshesSucceeded, "b1", "succeeded"},
         {kRefreshesRefused, "b2", "refused"},
         {kRefreshesFailed, "b3", "failed"}}},
       facts.hour, html);
  Draw({"sessions", "Sessions started a minute", {{kSessionsStarted, "b1", "started"}}}, facts.hour,
       html);
  html.Raw("</div>");
  html.Raw("<p class=\"age\">Refused: for what the caller sent. Failed: for reasons of ours.");
  if (facts.hour.Known() < Hour::kMinutes) html.Raw(" Grey: before this replica started.");
  html.Raw("</p>");
  html.Raw("</section>");
}

}  // namespace

std::string DrawPage(const Facts& facts, const Moment& now) {
  const std::vector<std::string> problems = ProblemsOf(facts, now.steady);
  Html html;
  DrawHead(problems, html);
  DrawHeader(facts, now, problems.empty(), html);
  html.Raw("<main>");
  DrawProblems(problems, html);
  DrawServices(facts, now, html);
  DrawGuards(facts, now, html);
  DrawKeys(facts, now, html);
  DrawPlots(facts, html);
  DrawEvents(facts, now, html);
  html.Raw(
      "</main><footer>Read-only. It shows no email, no address and no token; the audit log has ");
  html.Raw("the whole of each event: <code>tokenforge audit list</code>.</footer></body></html>\n");
  return std::move(html).Take();
}

}  // namespace tokenforge::auth::status
