// The handlers of RoomsService. No line here checks a token, neither at the beginning of a stream
// nor later.
//
// Thread-safe.
#pragma once

#include "room_book.h"
#include "rooms.grpc.pb.h"

namespace rooms {

class RoomsService final : public v1::RoomsService::CallbackService {
 public:
  explicit RoomsService(RoomBook& book) : book_(book) {}

  grpc::ServerWriteReactor<v1::ListenResponse>* Listen(grpc::CallbackServerContext* context,
                                                       const v1::ListenRequest* request) override;
  grpc::ServerBidiReactor<v1::ConverseRequest, v1::ConverseResponse>* Converse(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* CloseRoom(grpc::CallbackServerContext* context,
                                      const v1::CloseRoomRequest* request,
                                      v1::CloseRoomResponse* response) override;

 private:
  RoomBook& book_;
};

}  // namespace rooms
