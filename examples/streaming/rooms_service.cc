#include "rooms_service.h"

#include <tokenforge/caller.h>

#include "listening.h"

namespace rooms {
namespace {

constexpr std::size_t kTextBytes = 1000;

class Listen final
    : public Listening<grpc::ServerWriteReactor<v1::ListenResponse>, v1::ListenResponse> {
 public:
  Listen(RoomBook& book, const std::string& room) : Listening(book) { Enter(room); }
};

class Converse final
    : public Listening<grpc::ServerBidiReactor<v1::ConverseRequest, v1::ConverseResponse>,
                       v1::ConverseResponse> {
 public:
  // The caller of a stream is the one of its beginning: take it once.
  Converse(RoomBook& book, const tokenforge::Caller& caller) : Listening(book), caller_(caller) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(grpc::Status::OK);  // the client has said everything, or has gone
    if (request_.text().size() > kTextBytes) {
      return End({grpc::StatusCode::INVALID_ARGUMENT, "text: at most 1,000 bytes"});
    }
    if (room().empty() && !Enter(request_.room())) return;
    if (!request_.text().empty()) {
      v1::Said said;
      said.set_author(caller_.subject());
      said.set_text(request_.text());
      book().Say(room(), said);
    }
    StartRead(&request_);
  }

 private:
  const tokenforge::Caller caller_;
  v1::ConverseRequest request_;
};

}  // namespace

grpc::ServerWriteReactor<v1::ListenResponse>* RoomsService::Listen(
    grpc::CallbackServerContext*, const v1::ListenRequest* request) {
  return new rooms::Listen(book_, request->room());
}

grpc::ServerBidiReactor<v1::ConverseRequest, v1::ConverseResponse>* RoomsService::Converse(
    grpc::CallbackServerContext* context) {
  return new rooms::Converse(book_, tokenforge::CallerOf(*context));
}

grpc::ServerUnaryReactor* RoomsService::CloseRoom(grpc::CallbackServerContext* context,
                                                  const v1::CloseRoomRequest* request,
                                                  v1::CloseRoomResponse* response) {
  response->set_listeners(book_.Close(
      request->room(), {grpc::StatusCode::ABORTED, "an administrator closed the room"}));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace rooms
