#include "services/keys/key_messages.h"

#include <algorithm>
#include <vector>

#include "lib/errors/errors.h"

namespace tokenforge::keys {
namespace {

constexpr int kMaxPage = 100;

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
  return message;
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
