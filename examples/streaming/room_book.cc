#include "room_book.h"

namespace rooms {

bool RoomBook::Enter(const std::string& room, Listener* listener) {
  const std::lock_guard lock(mutex_);
  if (!ended_.ok()) {
    listener->End(ended_);
    return false;
  }
  rooms_[room].insert(listener);
  return true;
}

void RoomBook::Leave(const std::string& room, Listener* listener) {
  const std::lock_guard lock(mutex_);
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  found->second.erase(listener);
  if (found->second.empty()) rooms_.erase(found);  // or names that people invent would pile up
}

void RoomBook::Say(const std::string& room, const v1::Said& said) {
  const std::lock_guard lock(mutex_);
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return;
  for (Listener* listener : found->second) listener->Hear(said);
}

int64_t RoomBook::Close(const std::string& room, const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  const auto found = rooms_.find(room);
  if (found == rooms_.end()) return 0;
  for (Listener* listener : found->second) listener->End(status);
  return static_cast<int64_t>(found->second.size());
}

void RoomBook::EndAll(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  ended_ = status;
  for (auto& [room, listeners] : rooms_) {
    for (Listener* listener : listeners) listener->End(status);
  }
}

}  // namespace rooms
