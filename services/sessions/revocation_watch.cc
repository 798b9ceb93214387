#include "services/sessions/revocation_watch.h"

#include <optional>
#include <utility>

#include "lib/rpc/watch_stream.h"
#include "services/sessions/revocation_feed.h"
#include "services/sessions/session_messages.h"
#include "tokenforge/sessions/v1/sessions.pb.h"

namespace tokenforge::sessions {
namespace {

constexpr size_t kLargestMessage = 2000;  // revocations: far below gRPC's limit of 4 MiB

}  // namespace

grpc::ServerWriteReactor<v1::WatchRevocationsResponse>* WatchRevocations(RevocationFeed* feed,
                                                                         const clock::Clock* clock,
                                                                         std::string cursor) {
  // The feed's pulse begins at 1: a first message always goes.
  return rpc::Watch<v1::WatchRevocationsResponse>(
      feed, [feed, clock, cursor = std::move(cursor),
             heard = uint64_t{0}](v1::WatchRevocationsResponse& message) mutable {
        std::optional<RevocationFeed::News> news = feed->Since(cursor, kLargestMessage);
        if (!news || (news->revocations.empty() && news->pulse == heard)) return false;
        message.set_snapshot(news->snapshot);
        PutAll(news->revocations, message.mutable_revocations());
        message.set_cursor(news->cursor);
        PutTime(std::chrono::floor<Span>(clock->Now()), message.mutable_server_time());
        cursor = std::move(news->cursor);
        heard = news->pulse;
        return true;
      });
}

}  // namespace tokenforge::sessions
