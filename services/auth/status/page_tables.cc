// The tables of the status page.
#include <algorithm>

#include "services/auth/status/page.h"
#include "services/auth/status/words.h"

namespace tokenforge::auth::status {
namespace {

constexpr std::size_t kMostName = 80;     // of a guard, an actor
constexpr std::size_t kMostReason = 120;  // that somebody typed
constexpr std::size_t kMostWho = 6;

// "Asked 3 s ago", or that it cannot be asked.
template <class T>
void Age(const Answer<T>& answer, const Moment& now, Literal whom, Html& html) {
  html.Raw("<p class=\"age\">");
  if (!answer.at.has_value()) {
    html.Raw("Not heard from ").Raw(whom).Raw(" yet.");
  } else {
    const auto age = now.steady - *answer.at;
    html.Raw("As ").Raw(whom).Raw(" said ");
    if (age > kStale) html.Raw("<span class=\"old\">");
    html.Text(SpanText(age)).Raw(" ago");
    if (age > kStale) html.Raw("</span>");
    html.Raw(".");
  }
  if (answer.failing.has_value()) {
    html.Raw(" <span class=\"old\">It does not answer since ");
    html.Text(SpanText(now.steady - *answer.failing))
        .Raw(" (")
        .Text(answer.reason)
        .Raw(").</span>");
  }
  html.Raw("</p>");
}

void Badge(Literal css, Literal text, Html& html) {
  html.Raw("<span class=\"badge ").Raw(css).Raw("\">").Raw(text).Raw("</span>");
}

void LinkBadge(Link link, Html& html) {
  switch (link) {
    case Link::kConnected:
      return Badge("good", "connected", html);
    case Link::kConnecting:
      return Badge("warn", "connecting", html);
    case Link::kLost:
      return Badge("bad", "not connected", html);
    case Link::kIdle:
      return Badge("note", "idle", html);
  }
}

void Heard(const std::optional<clock::SteadyTime>& at, const Moment& now, Literal what,
           Html& html) {
  if (!at.has_value()) {
    html.Raw("nothing yet");
    return;
  }
  html.Raw(what).Raw(" ").Text(SpanText(now.steady - *at)).Raw(" ago");
}

void ServiceRow(const Facts& facts, const Service& service, const Moment& now, Html& html) {
  html.Raw("<tr><th scope=\"row\">").Text(service.name).Raw("</th><td>");
  LinkBadge(service.link, html);
  html.Raw("</td><td>");
  if (service.circuit_open) {
    Badge("bad", "open", html);
  } else {
    Badge("good", "closed", html);
  }
  html.Raw("</td><td>");
  if (service.name == "users") {
    Heard(facts.events.at, now, "audit log", html);
  } else if (service.name == "keys") {
    Heard(facts.keys.at, now, "signing keys", html);
  } else {
    Heard(facts.revocations_heard, now, "revocations", html);
  }
  html.Raw("</td></tr>");
}

void StateBadge(KeyState state, Html& html) {
  switch (state) {
    case KeyState::kNext:
      return Badge("note", "next", html);
    case KeyState::kActive:
      return Badge("good", "active", html);
    case KeyState::kRetired:
      return Badge("", "retired", html);
    case KeyState::kRevoked:
      return Badge("bad", "revoked", html);
    case KeyState::kOther:
      return Badge("", "unknown", html);
  }
}

void TimeCell(const std::optional<clock::WallTime>& time, Html& html) {
  html.Raw("<td>");
  if (time.has_value()) {
    html.Raw("<time>").Text(TimeText(*time)).Raw("</time>");
  } else {
    html.Raw("–");
  }
  html.Raw("</td>");
}

void GuardsRow(const Guards& guards, Html& html) {
  html.Raw("<tr><th scope=\"row\"><code>").Text(guards.replica, 8).Raw("</code>");
  if (guards.own) html.Raw(" (this one)");
  html.Raw("</th><td class=\"number\">").Number(guards.connected);
  html.Raw("</td><td class=\"number\">");
  if (guards.behind == 0) {
    html.Raw("0");
  } else {
    html.Raw("<span class=\"badge bad\">").Number(guards.behind).Raw("</span>");
  }
  html.Raw("</td><td class=\"wide\">");
  const std::size_t named = std::min(guards.who.size(), kMostWho);
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) html.Raw(", ");
    html.Text(guards.who[i], kMostName);
  }
  if (named < static_cast<std::size_t>(std::max(guards.behind, 0)) && named > 0) html.Raw(", …");
  html.Raw("</td></tr>");
}

void EventRow(const Event& event, Html& html) {
  html.Raw("<tr><td class=\"number\">").Number(event.sequence).Raw("</td>");
  TimeCell(event.time, html);
  html.Raw("<th scope=\"row\">").Text(event.kind, kMostName).Raw("</th><td>");
  html.Text(event.whom, kMostName).Raw("</td><td>").Text(event.actor, kMostName);
  html.Raw("</td><td class=\"wide\">").Text(event.reason, kMostReason).Raw("</td></tr>");
}

}  // namespace

void DrawServices(const Facts& facts, const Moment& now, Html& html) {
  html.Raw(
      "<section class=\"half\" aria-labelledby=\"services\"><h2 id=\"services\">Services</h2>");
  html.Raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"services\">");
  html.Raw(
      "<table><caption>The services behind this replica, and their circuit breakers</caption>");
  html.Raw("<thead><tr><th scope=\"col\">Service</th><th scope=\"col\">Connection</th>");
  html.Raw("<th scope=\"col\">Circuit</th><th scope=\"col\">Last heard</th></tr></thead><tbody>");
  html.Raw("<tr><th scope=\"row\">auth</th><td>");
  if (facts.draining || facts.stopped) {
    Badge("warn", "draining", html);
  } else if (facts.ready) {
    Badge("good", "ready", html);
  } else {
    Badge("bad", "not ready", html);
  }
  html.Raw("</td><td>–</td><td>");
  Heard(facts.looked, now, "this process", html);
  html.Raw("</td></tr>");
  for (const Service& service : facts.services) ServiceRow(facts, service, now, html);
  html.Raw("</tbody></table></div></section>");
}

void DrawGuards(const Facts& facts, const Moment& now, Html& html) {
  html.Raw("<section class=\"half\" aria-labelledby=\"guards\"><h2 id=\"guards\">Guards</h2>");
  html.Raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"guards\">");
  html.Raw(
      "<table><caption>Guarded servers on the trust feed of each replica; behind: without the "
      "newest signing keys");
  html.Raw(
      "</caption><thead><tr><th scope=\"col\">Replica</th><th scope=\"col\" "
      "class=\"number\">Connected</th>");
  html.Raw(
      "<th scope=\"col\" class=\"number\">Behind</th><th scope=\"col\">Who is "
      "behind</th></tr></thead><tbody>");
  for (const Guards& guards : facts.guards.value) GuardsRow(guards, html);
  html.Raw("</tbody></table></div>");
  Age(facts.guards, now, "the keys service", html);
  html.Raw("</section>");
}

void DrawKeys(const Facts& facts, const Moment& now, Html& html) {
  html.Raw("<section aria-labelledby=\"keys\"><h2 id=\"keys\">Signing keys</h2>");
  html.Raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"keys\">");
  html.Raw(
      "<table><caption>Public names of the keys that access tokens are or were signed with; times "
      "in UTC</caption>");
  html.Raw("<thead><tr><th scope=\"col\">State</th><th scope=\"col\">Algorithm</th>");
  html.Raw("<th scope=\"col\">Created</th><th scope=\"col\">Active since</th>");
  html.Raw(
      "<th scope=\"col\">Retired or revoked</th><th scope=\"col\">Key ID</th></tr></thead><tbody>");
  for (const Key& key : facts.keys.value) {
    html.Raw("<tr><td>");
    StateBadge(key.state, html);
    html.Raw("</td><td>").Text(key.algorithm, kMostName).Raw("</td>");
    TimeCell(key.created, html);
    TimeCell(key.activated, html);
    TimeCell(key.ended, html);
    html.Raw("<th scope=\"row\"><code>").Text(key.kid, kMostName).Raw("</code></th></tr>");
  }
  html.Raw("</tbody></table></div>");
  Age(facts.keys, now, "the keys service", html);
  html.Raw("</section>");
}

void DrawEvents(const Facts& facts, const Moment& now, Html& html) {
  html.Raw("<section aria-labelledby=\"events\"><h2 id=\"events\">Recent audit events</h2>");
  html.Raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"events\">");
  html.Raw("<table><caption>The newest first, of all replicas; times in UTC</caption>");
  html.Raw("<thead><tr><th scope=\"col\" class=\"number\">Number</th><th scope=\"col\">Time</th>");
  html.Raw("<th scope=\"col\">What</th><th scope=\"col\">Whom</th><th scope=\"col\">By</th>");
  html.Raw("<th scope=\"col\">Reason</th></tr></thead><tbody>");
  for (const Event& event : facts.events.value) EventRow(event, html);
  html.Raw("</tbody></table></div>");
  Age(facts.events, now, "the users service", html);
  html.Raw("</section>");
}

}  // namespace tokenforge::auth::status
