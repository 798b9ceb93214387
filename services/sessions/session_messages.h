// Between the messages of sessions.proto and the types of this service. Requests are checked here,
// every fault at once; what comes out is sound. Pure and thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "services/sessions/sessions.h"

namespace tokenforge::sessions::v1 {
class CreateSessionRequest;
class EndAllSessionsRequest;
class EndAllSessionsResponse;
class GetSessionRequest;
class ListSessionsRequest;
class Revocation;
class RevokeAccessTokenRequest;
class RevokeSessionRequest;
class RevokeUserSessionsRequest;
class RotateRefreshTokenRequest;
class Session;
class RefreshToken;
}  // namespace tokenforge::sessions::v1

namespace google::protobuf {
class Timestamp;
}

namespace tokenforge::sessions {

// --- Requests: INVALID_FIELD naming every field that will not do.

absl::StatusOr<Session> WantedSession(const v1::CreateSessionRequest& request);

struct RefreshWish {
  std::string token;
  std::string client;
  Device device;
};
absl::StatusOr<RefreshWish> ReadRefresh(const v1::RotateRefreshTokenRequest& request);

struct SessionName {
  uuid::Uuid user;
  uuid::Uuid session;
};
absl::StatusOr<SessionName> NamedSession(const v1::GetSessionRequest& request);
absl::StatusOr<SessionName> NamedSession(const v1::RevokeSessionRequest& request);

struct ListWish {
  uuid::Uuid user;
  size_t page_size = 50;
  std::optional<PageStart> start;
};
absl::StatusOr<ListWish> ReadList(const v1::ListSessionsRequest& request);
std::string PageTokenOf(const PageStart& start);

struct EndAllWish {
  uuid::Uuid user;
  std::optional<uuid::Uuid> keep;
};
absl::StatusOr<EndAllWish> ReadEndAll(const v1::RevokeUserSessionsRequest& request);

absl::Status Validate(const v1::EndAllSessionsRequest& request);

struct RevokeTokenWish {
  uuid::Uuid user;
  std::string jti;
  Time expires;
};
absl::StatusOr<RevokeTokenWish> ReadRevokeToken(const v1::RevokeAccessTokenRequest& request);

// --- Answers.

void Put(const Session& session, const Policy& policy, v1::Session* to);
// The token with the session's end. The only place where a refresh token leaves its Secret.
void PutToken(const Granted& granted, const Policy& policy, v1::RefreshToken* to);
void PutTime(Time time, google::protobuf::Timestamp* to);
void PutEnd(Time end, v1::EndAllSessionsResponse* to);
void Put(const Revocation& revocation, v1::Revocation* to);

template <class Repeated>
void PutAll(std::span<const Revocation> revocations, Repeated* to) {
  for (const Revocation& each : revocations) Put(each, to->Add());
}

}  // namespace tokenforge::sessions
