#include "tests/services/auth/fake_sessions.h"

#include <chrono>

#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::auth::testing {
namespace {

namespace reasons = errors::reasons;

grpc::Status Refuse(errors::Reason reason) { return rpc::ToGrpc(errors::Make(reason, "refused")); }

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

sessions::v1::RefreshToken FakeSessions::TokenOf(const State& state) {
  sessions::v1::RefreshToken token;
  token.set_refresh_token("tfr_" + state.session.session_id() + "." +
                          std::to_string(state.generation));
  token.mutable_expire_time()->set_seconds(Now() + 7 * 86400);
  return token;
}

void FakeSessions::EndGrace() {
  const sync::MutexLock lock(&mutex_);
  for (auto& [id, state] : sessions_) state.in_grace = false;
}

std::size_t FakeSessions::LiveSessions() const {
  const sync::MutexLock lock(&mutex_);
  return sessions_.size();
}

sessions::v1::Session FakeSessions::OnlySession() const {
  const sync::MutexLock lock(&mutex_);
  return sessions_.size() == 1 ? sessions_.begin()->second.session : sessions::v1::Session();
}

void FakeSessions::RevokeElsewhere(const std::string& session_id) {
  const sync::MutexLock lock(&mutex_);
  End(session_id);
}

void FakeSessions::Forget() {
  const sync::MutexLock lock(&mutex_);
  sessions_.clear();
}

void FakeSessions::BeforeEndingAll(std::function<void()> happens) {
  const sync::MutexLock lock(&mutex_);
  before_ending_all_ = std::move(happens);
}

void FakeSessions::BreakStreams() {
  const sync::MutexLock lock(&mutex_);
  ++breaks_;
  changed_.NotifyAll();
}

std::vector<std::string> FakeSessions::OpenedCursors() const {
  const sync::MutexLock lock(&mutex_);
  return opened_;
}

void FakeSessions::Stop() {
  const sync::MutexLock lock(&mutex_);
  stopped_ = true;
  changed_.NotifyAll();
}

sessions::v1::Revocation FakeSessions::End(const std::string& session_id) {
  sessions_.erase(session_id);
  sessions::v1::Revocation* revocation = made_.Add();
  revocation->set_session_id(session_id);
  revocation->mutable_end_time()->set_seconds(Now() + 16 * 60);
  changed_.NotifyAll();
  return *revocation;
}

grpc::Status FakeSessions::CreateSession(grpc::ServerContext* context,
                                         const sessions::v1::CreateSessionRequest* request,
                                         sessions::v1::CreateSessionResponse* response) {
  if (const grpc::Status fault = faults.Enter("CreateSession", context); !fault.ok()) return fault;
  State state;
  state.session.set_session_id(uuid::NewId());
  state.session.set_user_id(request->user_id());
  *state.session.mutable_device() = request->device();
  *state.session.mutable_amr() = request->amr();
  state.session.set_client_id(request->client_id());
  state.session.mutable_create_time()->set_seconds(Now());
  state.session.mutable_expire_time()->set_seconds(Now() + 30 * 86400);
  *response->mutable_session() = state.session;
  *response->mutable_refresh_token() = TokenOf(state);
  const sync::MutexLock lock(&mutex_);
  sessions_[state.session.session_id()] = state;
  return grpc::Status::OK;
}

grpc::Status FakeSessions::Theft(const std::string& user_id, const errors::Facts& facts) {
  std::vector<std::string> stolen;
  for (const auto& [id, state] : sessions_) {
    if (state.session.user_id() == user_id) stolen.push_back(id);
  }
  for (const std::string& id : stolen) End(id);
  return rpc::ToGrpc(
      errors::WithFacts(errors::Make(reasons::REFRESH_TOKEN_REUSED, "refused"), facts));
}

grpc::Status FakeSessions::RotateRefreshToken(
    grpc::ServerContext* context, const sessions::v1::RotateRefreshTokenRequest* request,
    sessions::v1::RotateRefreshTokenResponse* response) {
  if (const grpc::Status fault = faults.Enter("RotateRefreshToken", context); !fault.ok()) {
    return fault;
  }
  const std::string& token = request->refresh_token();
  const size_t dot = token.find('.');
  if (!token.starts_with("tfr_") || dot == std::string::npos) {
    return Refuse(reasons::REFRESH_TOKEN_INVALID);
  }
  const std::uint64_t generation = std::stoull(token.substr(dot + 1));
  const sync::MutexLock lock(&mutex_);
  const auto found = sessions_.find(token.substr(4, dot - 4));
  if (found == sessions_.end()) return Refuse(reasons::SESSION_ENDED);
  State& state = found->second;
  if (generation == state.generation) {
    ++state.generation;
    state.in_grace = true;
  } else if (!state.in_grace) {
    return Theft(state.session.user_id(),
                 {{"user_id", state.session.user_id()},
                  {"session_id", state.session.session_id()},
                  {"generation_gap", std::to_string(state.generation - generation)}});
  } else if (generation + 1 != state.generation) {
    return Refuse(reasons::REFRESH_TOKEN_SUPERSEDED);
  } else {
    response->set_repeated_answer(true);
  }
  *response->mutable_session() = state.session;
  *response->mutable_refresh_token() = TokenOf(state);
  return grpc::Status::OK;
}

grpc::Status FakeSessions::ListSessions(grpc::ServerContext* context,
                                        const sessions::v1::ListSessionsRequest* request,
                                        sessions::v1::ListSessionsResponse* response) {
  if (const grpc::Status fault = faults.Enter("ListSessions", context); !fault.ok()) return fault;
  const int size = request->page_size() == 0 ? 50 : request->page_size();
  const sync::MutexLock lock(&mutex_);
  for (const auto& [id, state] : sessions_) {
    if (state.session.user_id() != request->user_id() || id <= request->page_token()) continue;
    if (response->sessions_size() == size) {
      response->set_next_page_token(response->sessions(size - 1).session_id());
      break;
    }
    *response->add_sessions() = state.session;
  }
  return grpc::Status::OK;
}

grpc::Status FakeSessions::RevokeSession(grpc::ServerContext* context,
                                         const sessions::v1::RevokeSessionRequest* request,
                                         sessions::v1::RevokeSessionResponse* response) {
  if (const grpc::Status fault = faults.Enter("RevokeSession", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  const auto found = sessions_.find(request->session_id());
  if (found == sessions_.end() || found->second.session.user_id() != request->user_id()) {
    return grpc::Status::OK;
  }
  response->set_existed(true);
  *response->add_revocations() = End(request->session_id());
  return grpc::Status::OK;
}

grpc::Status FakeSessions::RevokeUserSessions(
    grpc::ServerContext* context, const sessions::v1::RevokeUserSessionsRequest* request,
    sessions::v1::RevokeUserSessionsResponse* response) {
  if (const grpc::Status fault = faults.Enter("RevokeUserSessions", context); !fault.ok()) {
    return fault;
  }
  const sync::MutexLock lock(&mutex_);
  std::vector<std::string> ended;
  for (const auto& [id, state] : sessions_) {
    if (state.session.user_id() == request->user_id() && id != request->except_session_id()) {
      ended.push_back(id);
    }
  }
  for (const std::string& id : ended) *response->add_revocations() = End(id);
  response->set_sessions_ended(static_cast<int>(ended.size()));
  return grpc::Status::OK;
}

grpc::Status FakeSessions::EndAllSessions(grpc::ServerContext* context,
                                          const sessions::v1::EndAllSessionsRequest* /*request*/,
                                          sessions::v1::EndAllSessionsResponse* response) {
  std::function<void()> before;
  {
    const sync::MutexLock lock(&mutex_);
    before = before_ending_all_;
  }
  if (before) before();
  if (const grpc::Status fault = faults.Enter("EndAllSessions", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  sessions_.clear();
  response->mutable_end_time()->set_seconds(Now());
  return grpc::Status::OK;
}

grpc::Status FakeSessions::RevokeAccessToken(grpc::ServerContext* context,
                                             const sessions::v1::RevokeAccessTokenRequest* request,
                                             sessions::v1::RevokeAccessTokenResponse* response) {
  if (const grpc::Status fault = faults.Enter("RevokeAccessToken", context); !fault.ok()) {
    return fault;
  }
  const sync::MutexLock lock(&mutex_);
  sessions::v1::Revocation* revocation = made_.Add();
  revocation->set_jti(request->jti());
  *revocation->mutable_end_time() = request->expire_time();
  changed_.NotifyAll();
  *response->add_revocations() = *revocation;
  return grpc::Status::OK;
}

grpc::Status FakeSessions::TakeTokens(grpc::ServerContext* context,
                                      const sessions::v1::TakeTokensRequest* request,
                                      sessions::v1::TakeTokensResponse* response) {
  if (const grpc::Status fault = faults.Enter("TakeTokens", context); !fault.ok()) return fault;
  return rpc::ToGrpc(limits.Take(*request, response));
}

grpc::Status FakeSessions::WatchRevocations(
    grpc::ServerContext* context, const sessions::v1::WatchRevocationsRequest* request,
    grpc::ServerWriter<sessions::v1::WatchRevocationsResponse>* writer) {
  if (const grpc::Status fault = faults.Enter("WatchRevocations", context); !fault.ok()) {
    return fault;
  }
  const sync::MutexLock lock(&mutex_);
  opened_.push_back(request->cursor());
  changed_.NotifyAll();
  int told = request->cursor().empty() ? 0 : std::stoi(request->cursor());
  const int breaks = breaks_;
  bool first = true;
  while (!stopped_ && breaks == breaks_ && !context->IsCancelled()) {
    if (first || told < made_.size()) {
      sessions::v1::WatchRevocationsResponse response;
      response.set_snapshot(first && request->cursor().empty());
      while (told < made_.size()) *response.add_revocations() = made_.at(told++);
      response.set_cursor(std::to_string(told));
      first = false;
      writer->Write(response);
      continue;
    }
    changed_.WaitUntil(&mutex_, std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
  }
  return Refuse(reasons::DRAINING);
}

}  // namespace tokenforge::auth::testing
