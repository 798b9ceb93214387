// Who listens in which room: no token, no guard, no reactor.
//
// Thread-safe. A listener is called under the book's lock, so it must neither block nor call the
// book.
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "rooms.pb.h"

namespace rooms {

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void Hear(const v1::Said& said) = 0;
  // May come more than once, and after the listener ended by itself.
  virtual void End(const grpc::Status& status) = 0;
};

class RoomBook {
 public:
  // False when the server is ending: then the listener was told so, and is in no room.
  bool Enter(const std::string& room, Listener* listener);
  // From its return on the listener is called no more.
  void Leave(const std::string& room, Listener* listener);

  void Say(const std::string& room, const v1::Said& said);
  // How many were sent out of the room.
  int64_t Close(const std::string& room, const grpc::Status& status);
  // For the end of the server: ends everybody, and whoever comes later.
  void EndAll(const grpc::Status& status);

 private:
  std::mutex mutex_;
  std::map<std::string, std::set<Listener*>> rooms_;
  grpc::Status ended_;
};

}  // namespace rooms
