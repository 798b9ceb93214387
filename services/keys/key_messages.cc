#include "services/keys/key_messages.h"

#include <algorithm>
#include <vector>

#include "lib/errors/errors.h"

namespace tokenforge::keys {
namespace {

constexpr int kMaxPage = 100;
constexpr std::size_t kLongestReason = 200;

void SetTime(const Time& time, google::protobuf::Timestamp& into) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  into.set_seconds(seconds.time_since_epoch().count());
  into.set_nanos(static_cast<int>(std::chrono::nanoseconds(time - seconds).count()));
}

v1::KeyState StateOf(KeyState state) {
  switch (state) {
    case KeyState::kNext:
      return v1::NEXT;
    case KeyState::kActive:
      return v1::ACTIVE;
    case KeyState::kRetired:
      return v1::RETIRED;
    case KeyState::kRevoked:
      return v1::REVOKED;
  }
  return v1::KEY_STATE_UNSPECIFIED;
}

}  // namespace

v1::SigningKey ToMessage(const KeySet::Key& key) {
  const KeyRecord& record = key.record;
  v1::SigningKey message;
  message.set_kid(record.kid);
  message.set_algorithm(std::string(jose::Name(record.algorithm)));
  message.set_state(StateOf(record.state));
  SetTime(record.create_time, *message.mutable_create_time());
  if (record.activate_time) SetTime(*record.activate_time, *message.mutable_activate_time());
  if (record.retire_time) SetTime(*record.retire_time, *message.mutable_retire_time());
  message.set_public_jwk(key.public_key.jwk());
  message.set_publish_version(record.publish_version);
  return message;
}

void PutKey(const KeySet& set, KeyState state, v1::SigningKey* message) {
  for (const KeySet::Key& key : set.keys()) {
    if (key.record.state == state) *message = ToMessage(key);
  }
}

v1::GuardReport ToMessage(const GuardReport& report) {
  v1::GuardReport message;
  message.set_facade_id(report.facade_id);
  message.set_keys_version(report.keys_version);
  message.set_connected(report.connected);
  message.set_applied(report.applied);
  message.set_least_applied_version(report.least_applied_version);
  for (const std::string& guard : report.behind) message.add_behind(guard);
  SetTime(report.report_time, *message.mutable_report_time());
  return message;
}

absl::StatusOr<GuardReport> ReportOf(const v1::ReportGuardsRequest& request, Time now) {
  const v1::GuardReport& told = request.report();
  const auto is_name = [](std::string_view text) {
    return !text.empty() && text.size() <= GuardReport::kLongestId;
  };
  std::vector<errors::FieldFault> faults;
  if (!is_name(told.facade_id())) {
    faults.push_back({"report.facade_id", "must be 1 to 256 bytes"});
  }
  if (told.connected() < 0) faults.push_back({"report.connected", "must not be negative"});
  if (told.applied() < 0 || told.applied() > told.connected()) {
    faults.push_back({"report.applied", "must be 0 to `connected`"});
  }
  if (told.behind_size() > static_cast<int>(GuardReport::kMostBehind)) {
    faults.push_back({"report.behind", "must have at most 20 items"});
  } else if (!std::all_of(told.behind().begin(), told.behind().end(), is_name)) {
    faults.push_back({"report.behind", "must hold names of 1 to 256 bytes"});
  }
  if (!faults.empty()) return errors::InvalidFields(faults);
  return GuardReport{told.facade_id(),
                     told.keys_version(),
                     told.connected(),
                     told.applied(),
                     told.least_applied_version(),
                     {told.behind().begin(), told.behind().end()},
                     now};
}

absl::Status CheckReason(std::string_view reason) {
  if (reason.size() <= kLongestReason) return absl::OkStatus();
  return errors::InvalidFields({{"reason", "must be at most 200 bytes"}});
}

absl::Status ListPage(const KeySet& set, const v1::ListKeysRequest& request,
                      v1::ListKeysResponse& response) {
  std::vector<errors::FieldFault> faults;
  if (request.page_size() < 0) faults.push_back({"page_size", "must not be negative"});
  auto next = set.keys().begin();
  if (!request.page_token().empty()) {
    next = std::find_if(next, set.keys().end(), [&](const KeySet::Key& key) {
      return key.record.kid == request.page_token();
    });
    if (next == set.keys().end()) {
      faults.push_back({"page_token", "is not of this list; begin again without one"});
    } else {
      ++next;
    }
  }
  if (!faults.empty()) return errors::InvalidFields(faults);
  const int size = request.page_size() == 0 ? kMaxPage : std::min(request.page_size(), kMaxPage);
  for (; next != set.keys().end() && response.keys_size() < size; ++next) {
    *response.add_keys() = ToMessage(*next);
  }
  if (next != set.keys().end()) {
    response.set_next_page_token(response.keys(response.keys_size() - 1).kid());
  }
  response.set_version(set.version());
  return absl::OkStatus();
}

}  // namespace tokenforge::keys
