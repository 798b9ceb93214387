#include "services/sessions/sessions.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "lib/errors/limit.h"
#include "lib/telemetry/metrics.h"
#include "services/sessions/rate_limits.h"

namespace tokenforge::sessions {
namespace {

namespace reasons = errors::reasons;

telemetry::Counter RefreshesThat(std::string_view result) {
  static const telemetry::CounterFamily family(
      "tokenforge_refreshes_total", "Refresh tokens presented, by what came of it", {"result"});
  return family.With({result});
}

void CountRefresh(std::string_view result) { RefreshesThat(result).Increment(); }

void CountLimited() {
  static const telemetry::CounterFamily family(
      "tokenforge_rate_limited_total", "Attempts refused because there were too many", {"policy"});
  family.With({kRefreshSession}).Increment();
}

std::string_view NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRotated:
      return "rotated";
    case Verdict::kRepeated:
      return "repeated";
    case Verdict::kSuperseded:
      return "superseded";
    case Verdict::kReused:
      return "reused";
    case Verdict::kEnded:
      return "ended";
    case Verdict::kOtherClient:
      return "other_client";
    case Verdict::kLimited:
      return "rate_limited";
  }
  return "";
}

// What a client is told of a token that was not good. Of a foreign client's it learns nothing.
absl::Status Refusal(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSuperseded:
      return errors::Make(reasons::REFRESH_TOKEN_SUPERSEDED,
                          "a newer refresh token was used already; use the newest");
    case Verdict::kReused:
      return errors::Make(reasons::REFRESH_TOKEN_REUSED,
                          "this refresh token was used before; log in again");
    case Verdict::kEnded:
      return errors::Make(reasons::SESSION_ENDED, "the session has ended; log in again");
    default:
      return errors::Make(reasons::REFRESH_TOKEN_INVALID, "log in again");
  }
}

absl::Status TooMany(const Attempts& attempts, const TokenPolicy& limit) {
  return errors::MakeLimited(reasons::RATE_LIMITED,
                             "this session was refreshed too often; its token stays good",
                             {std::string(kRefreshSession), limit.burst, attempts.remaining,
                              std::chrono::ceil<std::chrono::seconds>(attempts.whole_after)},
                             attempts.retry_after);
}

bool IsAfter(const Session& session, const std::optional<PageStart>& start) {
  return !start ||
         std::tie(session.lineage.created, session.id) < std::tie(start->created, start->id);
}

}  // namespace

Sessions::Sessions(Parts parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      anchored_(parts.machine != nullptr ? parts.machine : parts.clock) {
  // There from the start: the first theft is an increase, and not the beginning of a series.
  RefreshesThat(NameOf(Verdict::kReused));
}

Moment Sessions::MomentFor(clock::SteadyTime deadline) const {
  return {std::chrono::floor<std::chrono::milliseconds>(parts_.clock->Now()),
          std::min(deadline, std::chrono::steady_clock::now() + options_.store_timeout),
          anchored_.Now()};
}

Granted Sessions::Grant(Session session, bool repeated) const {
  const RefreshClaims claims{session.user, session.id, session.lineage.generation};
  return {std::move(session), parts_.tokens->Encode(claims), repeated};
}

async::Task<absl::StatusOr<Granted>> Sessions::Start(Session wanted, clock::SteadyTime deadline) {
  const Moment moment = MomentFor(deadline);
  wanted.id = uuid::Uuid::Random();
  wanted.lineage = {moment.now, 1, {}};
  const auto made_room = co_await parts_.store->Add(wanted, moment);
  if (!made_room.ok()) co_return made_room.status();
  parts_.feed->Apply(*made_room, moment.now);
  co_return Grant(std::move(wanted), false);
}

async::Task<Refreshed> Sessions::Refresh(std::string token, std::string client, Device device,
                                         clock::SteadyTime deadline) {
  const absl::StatusOr<RefreshClaims> claims = parts_.tokens->Parse(token);
  if (!claims.ok()) {
    CountRefresh("invalid");
    co_return Refreshed{claims.status(), {}};
  }
  Presented presented{claims->user, claims->session, claims->generation, std::string(),
                      std::move(device)};
  if (options_.bind_client) presented.client = client;
  const Moment moment = MomentFor(deadline);
  absl::StatusOr<Rotation> rotation = co_await parts_.store->Rotate(presented, moment);
  if (!rotation.ok()) {
    CountRefresh("error");
    co_return Refreshed{rotation.status(), {}};
  }
  CountRefresh(NameOf(rotation->verdict));
  parts_.feed->Apply(rotation->revocations, moment.now);
  if (rotation->verdict == Verdict::kRotated || rotation->verdict == Verdict::kRepeated) {
    const bool repeated = rotation->verdict == Verdict::kRepeated;
    co_return Refreshed{Grant(std::move(rotation->session), repeated), {}};
  }
  if (rotation->verdict == Verdict::kLimited) {
    CountLimited();
    co_return Refreshed{TooMany(rotation->attempts, *options_.policy.refresh_limit), {}};
  }
  Refreshed refused{Refusal(rotation->verdict), {}};
  if (rotation->verdict == Verdict::kReused) {
    presented.client = std::move(client);
    refused.theft =
        TheftOf(std::move(presented), *std::move(rotation), moment.now, options_.policy);
  }
  co_return refused;
}

async::Task<absl::StatusOr<Session>> Sessions::Get(uuid::Uuid user, uuid::Uuid session,
                                                   clock::SteadyTime deadline) {
  const auto all = co_await parts_.store->List(user, MomentFor(deadline));
  if (!all.ok()) co_return all.status();
  for (const Session& each : *all) {
    if (each.id == session) co_return each;
  }
  co_return errors::Make(reasons::NOT_FOUND, "the user has no such live session");
}

async::Task<absl::StatusOr<SessionPage>> Sessions::List(uuid::Uuid user, size_t page_size,
                                                        std::optional<PageStart> start,
                                                        clock::SteadyTime deadline) {
  const auto all = co_await parts_.store->List(user, MomentFor(deadline));
  if (!all.ok()) co_return all.status();
  SessionPage page;
  for (const Session& each : *all) {
    if (!IsAfter(each, start)) continue;
    if (page.sessions.size() == page_size) {
      const Session& last = page.sessions.back();
      page.next = PageStart{last.lineage.created, last.id};
      break;
    }
    page.sessions.push_back(each);
  }
  co_return page;
}

async::Task<absl::StatusOr<Ending>> Sessions::End(uuid::Uuid user, uuid::Uuid session,
                                                  clock::SteadyTime deadline) {
  const Moment moment = MomentFor(deadline);
  absl::StatusOr<Ending> ending = co_await parts_.store->End(user, session, moment);
  if (ending.ok()) parts_.feed->Apply(ending->revocations, moment.now);
  co_return ending;
}

async::Task<absl::StatusOr<Ending>> Sessions::EndAll(uuid::Uuid user,
                                                     std::optional<uuid::Uuid> keep,
                                                     clock::SteadyTime deadline) {
  const Moment moment = MomentFor(deadline);
  absl::StatusOr<Ending> ending = co_await parts_.store->EndAll(user, keep, moment);
  if (ending.ok()) parts_.feed->Apply(ending->revocations, moment.now);
  co_return ending;
}

async::Task<absl::StatusOr<Time>> Sessions::EndEverybodys(clock::SteadyTime deadline) {
  const Moment moment = MomentFor(deadline);
  const absl::Status ended = co_await parts_.store->EndEverybodys(moment);
  if (!ended.ok()) co_return ended;
  co_return moment.now;
}

async::Task<absl::StatusOr<std::vector<Revocation>>> Sessions::RevokeToken(
    uuid::Uuid user, std::string jti, Time expires, clock::SteadyTime deadline) {
  const Moment moment = MomentFor(deadline);
  std::vector<Revocation> revocations;
  const Time end = expires + options_.policy.leeway;
  if (end <= moment.now) co_return revocations;
  // The log forgets what is older than any access token can be: longer promises it could not keep.
  if (end > RevocationEnd(moment.now, options_.policy)) {
    co_return errors::InvalidFields(
        {{"expire_time", "no access token of this suite lives so long"}});
  }
  revocations.push_back({Revocation::Kind::kToken, std::move(jti), Time(), end});
  const absl::Status status = co_await parts_.store->Revoke(user, revocations.front(), moment);
  if (!status.ok()) co_return status;
  parts_.feed->Apply(revocations, moment.now);
  co_return revocations;
}

}  // namespace tokenforge::sessions
