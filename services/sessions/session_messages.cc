#include "services/sessions/session_messages.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>

#include "lib/jose/base64url.h"
#include "services/sessions/request_fields.h"
#include "tokenforge/sessions/v1/sessions.pb.h"

namespace tokenforge::sessions {
namespace {

constexpr int kMostAmr = 10;
constexpr size_t kLargestPage = 50;
constexpr size_t kLongestReason = 200;
constexpr size_t kPageTokenBytes = 8 + 16;

template <class Request>
absl::StatusOr<SessionName> ReadName(const Request& request) {
  RequestFields fields;
  const SessionName name{fields.Id("user_id", request.user_id()),
                         fields.Id("session_id", request.session_id())};
  if (!fields.ok()) return fields.status();
  return name;
}

std::optional<PageStart> ParsePageToken(std::string_view text) {
  const std::optional<std::string> bytes = jose::base64url::Decode(text);
  if (!bytes || bytes->size() != kPageTokenBytes) return std::nullopt;
  uint64_t created = 0;
  for (size_t i = 0; i < 8; ++i) created = created << 8 | static_cast<unsigned char>((*bytes)[i]);
  uuid::Uuid::Bytes id;
  std::copy(bytes->begin() + 8, bytes->end(), id.begin());
  return PageStart{Time(Span(static_cast<int64_t>(created))), uuid::Uuid(id)};
}

}  // namespace

void PutTime(Time time, google::protobuf::Timestamp* to) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  to->set_seconds(whole.time_since_epoch().count());
  to->set_nanos(static_cast<int32_t>((time - whole).count()) * 1'000'000);
}

absl::StatusOr<Session> WantedSession(const v1::CreateSessionRequest& request) {
  RequestFields fields;
  Session session;
  session.user = fields.Id("user_id", request.user_id());
  session.device = fields.ReadDevice(request.device());
  session.client = fields.Client("client_id", request.client_id());
  if (request.amr_size() > kMostAmr) fields.Fault("amr", "at most 10");
  for (const std::string& name : request.amr()) session.amr.push_back(fields.AmrName(name));
  if (!fields.ok()) return fields.status();
  return session;
}

absl::StatusOr<RefreshWish> ReadRefresh(const v1::RotateRefreshTokenRequest& request) {
  RequestFields fields;
  RefreshWish wish{request.refresh_token(), fields.Client("client_id", request.client_id()),
                   fields.ReadDevice(request.device())};
  if (!fields.ok()) return fields.status();
  return wish;
}

absl::StatusOr<SessionName> NamedSession(const v1::GetSessionRequest& request) {
  return ReadName(request);
}

absl::StatusOr<SessionName> NamedSession(const v1::RevokeSessionRequest& request) {
  return ReadName(request);
}

absl::StatusOr<ListWish> ReadList(const v1::ListSessionsRequest& request) {
  RequestFields fields;
  ListWish wish;
  wish.user = fields.Id("user_id", request.user_id());
  if (request.page_size() < 0) fields.Fault("page_size", "0 (the default) or more");
  if (request.page_size() > 0) {
    wish.page_size = std::min(kLargestPage, static_cast<size_t>(request.page_size()));
  }
  if (!request.page_token().empty()) {
    wish.start = ParsePageToken(request.page_token());
    if (!wish.start)
      fields.Fault("page_token", "the next_page_token of the answer before is wanted");
  }
  if (!fields.ok()) return fields.status();
  return wish;
}

std::string PageTokenOf(const PageStart& start) {
  std::string bytes;
  const auto created = static_cast<uint64_t>(start.created.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(created >> shift);
  bytes.append(start.id.bytes().begin(), start.id.bytes().end());
  return jose::base64url::Encode(bytes);
}

absl::StatusOr<EndAllWish> ReadEndAll(const v1::RevokeUserSessionsRequest& request) {
  RequestFields fields;
  EndAllWish wish;
  wish.user = fields.Id("user_id", request.user_id());
  if (!request.except_session_id().empty()) {
    wish.keep = fields.Id("except_session_id", request.except_session_id());
  }
  if (!fields.ok()) return fields.status();
  return wish;
}

absl::Status Validate(const v1::EndAllSessionsRequest& request) {
  RequestFields fields;
  fields.Text("reason", request.reason(), kLongestReason);
  return fields.status();
}

absl::StatusOr<RevokeTokenWish> ReadRevokeToken(const v1::RevokeAccessTokenRequest& request) {
  RequestFields fields;
  RevokeTokenWish wish{
      fields.Id("user_id", request.user_id()), fields.Jti("jti", request.jti()),
      fields.Instant("expire_time", request.has_expire_time(), request.expire_time())};
  if (!fields.ok()) return fields.status();
  return wish;
}

void Put(const Session& session, const Policy& policy, v1::Session* to) {
  to->set_session_id(session.id.ToString());
  to->set_user_id(session.user.ToString());
  to->mutable_device()->set_name(session.device.name);
  to->mutable_device()->set_user_agent(session.device.user_agent);
  to->mutable_device()->set_ip_address(session.device.ip_address);
  PutTime(session.lineage.created, to->mutable_create_time());
  PutTime(session.lineage.last_used(), to->mutable_last_used_time());
  PutTime(EndOf(session.lineage, policy), to->mutable_expire_time());
  to->mutable_amr()->Add(session.amr.begin(), session.amr.end());
  to->set_client_id(session.client);
}

void PutToken(const Granted& granted, const Policy& policy, v1::RefreshToken* to) {
  to->set_refresh_token(std::string(granted.refresh_token.Expose()));
  PutTime(EndOf(granted.session.lineage, policy), to->mutable_expire_time());
}

void PutEnd(Time end, v1::EndAllSessionsResponse* to) { PutTime(end, to->mutable_end_time()); }

void Put(const Revocation& revocation, v1::Revocation* to) {
  switch (revocation.kind) {
    case Revocation::Kind::kToken:
      to->set_jti(revocation.id);
      break;
    case Revocation::Kind::kSession:
      to->set_session_id(revocation.id);
      break;
    case Revocation::Kind::kUser:
      to->mutable_user_tokens()->set_user_id(revocation.id);
      PutTime(revocation.issued_before, to->mutable_user_tokens()->mutable_issued_before());
      break;
  }
  PutTime(revocation.end, to->mutable_end_time());
}

}  // namespace tokenforge::sessions
