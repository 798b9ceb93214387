#include "services/sessions/session_service.h"

#include <utility>

#include "lib/rpc/call.h"
#include "lib/rpc/server_call.h"
#include "lib/telemetry/log.h"
#include "services/sessions/rate_limit_messages.h"
#include "services/sessions/revocation_watch.h"
#include "services/sessions/session_messages.h"

namespace tokenforge::sessions {
namespace {

using Answer = async::Task<absl::Status>;
using clock::SteadyTime;

Answer Create(Sessions& sessions, const v1::CreateSessionRequest* request,
              v1::CreateSessionResponse* response, SteadyTime deadline) {
  absl::StatusOr<Session> wanted = WantedSession(*request);
  if (!wanted.ok()) co_return wanted.status();
  auto start = sessions.Start(*std::move(wanted), deadline);  // named: see lib/async/task.h
  const auto granted = co_await std::move(start);
  if (!granted.ok()) co_return granted.status();
  Put(granted->session, sessions.policy(), response->mutable_session());
  PutToken(*granted, sessions.policy(), response->mutable_refresh_token());
  co_return absl::OkStatus();
}

Answer Rotate(Sessions& sessions, const grpc::CallbackServerContext& context,
              const v1::RotateRefreshTokenRequest* request,
              v1::RotateRefreshTokenResponse* response) {
  absl::StatusOr<RefreshWish> wish = ReadRefresh(*request);
  if (!wish.ok()) co_return wish.status();
  auto refresh = sessions.Refresh(std::move(wish->token), std::move(wish->client),
                                  std::move(wish->device), rpc::DeadlineOf(context));
  const Refreshed refreshed = co_await std::move(refresh);
  const auto& granted = refreshed.granted;
  if (refreshed.theft) {
    Audit(*refreshed.theft, rpc::TraceOf(context));
    co_return errors::WithFacts(granted.status(), FactsOf(*refreshed.theft));
  }
  if (!granted.ok()) co_return granted.status();
  Put(granted->session, sessions.policy(), response->mutable_session());
  PutToken(*granted, sessions.policy(), response->mutable_refresh_token());
  response->set_repeated_answer(granted->repeated);
  co_return absl::OkStatus();
}

Answer Get(Sessions& sessions, const v1::GetSessionRequest* request,
           v1::GetSessionResponse* response, SteadyTime deadline) {
  const absl::StatusOr<SessionName> name = NamedSession(*request);
  if (!name.ok()) co_return name.status();
  const auto session = co_await sessions.Get(name->user, name->session, deadline);
  if (!session.ok()) co_return session.status();
  Put(*session, sessions.policy(), response->mutable_session());
  co_return absl::OkStatus();
}

Answer List(Sessions& sessions, const v1::ListSessionsRequest* request,
            v1::ListSessionsResponse* response, SteadyTime deadline) {
  const absl::StatusOr<ListWish> wish = ReadList(*request);
  if (!wish.ok()) co_return wish.status();
  const auto page = co_await sessions.List(wish->user, wish->page_size, wish->start, deadline);
  if (!page.ok()) co_return page.status();
  for (const Session& each : page->sessions) Put(each, sessions.policy(), response->add_sessions());
  if (page->next) response->set_next_page_token(PageTokenOf(*page->next));
  co_return absl::OkStatus();
}

Answer Revoke(Sessions& sessions, const v1::RevokeSessionRequest* request,
              v1::RevokeSessionResponse* response, SteadyTime deadline) {
  const absl::StatusOr<SessionName> name = NamedSession(*request);
  if (!name.ok()) co_return name.status();
  const auto ending = co_await sessions.End(name->user, name->session, deadline);
  if (!ending.ok()) co_return ending.status();
  response->set_existed(ending->sessions > 0);
  PutAll(ending->revocations, response->mutable_revocations());
  co_return absl::OkStatus();
}

Answer RevokeAll(Sessions& sessions, const v1::RevokeUserSessionsRequest* request,
                 v1::RevokeUserSessionsResponse* response, SteadyTime deadline) {
  const absl::StatusOr<EndAllWish> wish = ReadEndAll(*request);
  if (!wish.ok()) co_return wish.status();
  const auto ending = co_await sessions.EndAll(wish->user, wish->keep, deadline);
  if (!ending.ok()) co_return ending.status();
  response->set_sessions_ended(ending->sessions);
  PutAll(ending->revocations, response->mutable_revocations());
  co_return absl::OkStatus();
}

Answer EndEverybodys(Sessions& sessions, rpc::ServerCall call,
                     const v1::EndAllSessionsRequest* request,
                     v1::EndAllSessionsResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  const auto end = co_await sessions.EndEverybodys(call.deadline());
  telemetry::Log(telemetry::Level::kWarning,
                 end.ok() ? "every session of every user was ended"
                          : "not every session could be ended: the call must be repeated",
                 call.trace(), {{"why", request->reason()}});
  if (!end.ok()) co_return end.status();
  PutEnd(*end, response);
  co_return absl::OkStatus();
}

Answer RevokeToken(Sessions& sessions, const v1::RevokeAccessTokenRequest* request,
                   v1::RevokeAccessTokenResponse* response, SteadyTime deadline) {
  absl::StatusOr<RevokeTokenWish> wish = ReadRevokeToken(*request);
  if (!wish.ok()) co_return wish.status();
  auto revoke = sessions.RevokeToken(wish->user, std::move(wish->jti), wish->expires, deadline);
  const auto revocations = co_await std::move(revoke);
  if (!revocations.ok()) co_return revocations.status();
  PutAll(*revocations, response->mutable_revocations());
  co_return absl::OkStatus();
}

Answer Take(RateLimiter& limiter, const v1::TakeTokensRequest* request,
            v1::TakeTokensResponse* response, SteadyTime deadline) {
  absl::StatusOr<TakeWish> wish = ReadTake(*request, limiter.limits());
  if (!wish.ok()) co_return wish.status();
  auto step = wish->gives_back ? limiter.GiveBack(std::move(wish->shares), deadline)
                               : limiter.Take(std::move(wish->shares), deadline);
  const auto result = co_await std::move(step);
  if (!result.ok()) co_return result.status();
  Put(*result, *request, response);
  co_return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* SessionService::CreateSession(grpc::CallbackServerContext* context,
                                                        const v1::CreateSessionRequest* request,
                                                        v1::CreateSessionResponse* response) {
  return rpc::Serve(context, Create(sessions_, request, response, rpc::DeadlineOf(*context)));
}

grpc::ServerUnaryReactor* SessionService::RotateRefreshToken(
    grpc::CallbackServerContext* context, const v1::RotateRefreshTokenRequest* request,
    v1::RotateRefreshTokenResponse* response) {
  return rpc::Serve(context, Rotate(sessions_, *context, request, response));
}

grpc::ServerUnaryReactor* SessionService::GetSession(grpc::CallbackServerContext* context,
                                                     const v1::GetSessionRequest* request,
                                                     v1::GetSessionResponse* response) {
  return rpc::Serve(context, Get(sessions_, request, response, rpc::DeadlineOf(*context)));
}

grpc::ServerUnaryReactor* SessionService::ListSessions(grpc::CallbackServerContext* context,
                                                       const v1::ListSessionsRequest* request,
                                                       v1::ListSessionsResponse* response) {
  return rpc::Serve(context, List(sessions_, request, response, rpc::DeadlineOf(*context)));
}

grpc::ServerUnaryReactor* SessionService::RevokeSession(grpc::CallbackServerContext* context,
                                                        const v1::RevokeSessionRequest* request,
                                                        v1::RevokeSessionResponse* response) {
  return rpc::Serve(context, Revoke(sessions_, request, response, rpc::DeadlineOf(*context)));
}

grpc::ServerUnaryReactor* SessionService::RevokeUserSessions(
    grpc::CallbackServerContext* context, const v1::RevokeUserSessionsRequest* request,
    v1::RevokeUserSessionsResponse* response) {
  return rpc::Serve(context, RevokeAll(sessions_, request, response, rpc::DeadlineOf(*context)));
}

grpc::ServerUnaryReactor* SessionService::EndAllSessions(grpc::CallbackServerContext* context,
                                                         const v1::EndAllSessionsRequest* request,
                                                         v1::EndAllSessionsResponse* response) {
  return rpc::Serve(context,
                    EndEverybodys(sessions_, rpc::ServerCall(*context), request, response));
}

grpc::ServerUnaryReactor* SessionService::RevokeAccessToken(
    grpc::CallbackServerContext* context, const v1::RevokeAccessTokenRequest* request,
    v1::RevokeAccessTokenResponse* response) {
  return rpc::Serve(context, RevokeToken(sessions_, request, response, rpc::DeadlineOf(*context)));
}

grpc::ServerWriteReactor<v1::WatchRevocationsResponse>* SessionService::WatchRevocations(
    grpc::CallbackServerContext*, const v1::WatchRevocationsRequest* request) {
  return sessions::WatchRevocations(&feed_, &sessions_.clock(), request->cursor());
}

grpc::ServerUnaryReactor* SessionService::TakeTokens(grpc::CallbackServerContext* context,
                                                     const v1::TakeTokensRequest* request,
                                                     v1::TakeTokensResponse* response) {
  return rpc::Serve(context, Take(limiter_, request, response, rpc::DeadlineOf(*context)));
}

}  // namespace tokenforge::sessions
