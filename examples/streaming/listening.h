// Listening: a stream that sends what is said in a room, for both kinds of streaming reactors.
//
// Why it ends: the client goes, the room closes, the server drains, the client reads too slowly, or
// the guard ends the call, because its token expired or was revoked. The guard cancels; a handler
// sees what any cancelled call shows, OnCancel, and needs no code for tokens. Whatever comes first
// wins, and Finish is called exactly once.
//
// Thread-safe. It deletes itself when gRPC is done with it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "room_book.h"

namespace rooms {

template <class Reactor, class Response>
class Listening : public Reactor, public Listener {
 public:
  explicit Listening(RoomBook& book) : book_(book) {}

  void Hear(const v1::Said& said) override {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    // One slow reader must not take the memory of all.
    if (waiting_.size() >= kWaiting) {
      return Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too much is said for this listener"});
    }
    *waiting_.emplace_back().mutable_said() = said;
    headers_sent_ = true;  // a first message takes them along
    if (waiting_.size() == 1) this->StartWrite(&waiting_.front());
  }
  void End(const grpc::Status& status) override {
    const std::lock_guard lock(mutex_);
    Finish(status);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    if (finished_ || !ok) return;  // not ok: OnCancel comes
    waiting_.pop_front();
    if (!waiting_.empty()) this->StartWrite(&waiting_.front());
  }
  void OnCancel() override { End(grpc::Status::CANCELLED); }
  void OnDone() override {
    book_.Leave(room_, this);
    delete this;
  }

 protected:
  // Once. From when the client has the headers, it hears everything. False: the stream has ended.
  bool Enter(const std::string& room) {
    if (room.empty() || room.size() > 100) {
      End({grpc::StatusCode::INVALID_ARGUMENT, "room: 1 to 100 bytes"});
      return false;
    }
    room_ = room;
    if (!book_.Enter(room, this)) return false;
    const std::lock_guard lock(mutex_);
    if (!finished_ && !std::exchange(headers_sent_, true)) this->StartSendInitialMetadata();
    return true;
  }
  RoomBook& book() { return book_; }
  const std::string& room() const { return room_; }

 private:
  static constexpr std::size_t kWaiting = 1000;

  void Finish(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    Reactor::Finish(status);
  }

  RoomBook& book_;
  std::string room_;
  std::mutex mutex_;
  std::deque<Response> waiting_;  // the first is being written
  bool headers_sent_ = false;
  bool finished_ = false;
};

}  // namespace rooms
