#include "lib/redis/poll_bridge.h"

#include <memory>
#include <utility>

namespace tokenforge::redis {

bool PollBridge::Attach(redisAsyncContext* context, uv_loop_t* loop) {
  std::unique_ptr<PollBridge> bridge(new PollBridge(context));
  if (uv_poll_init(loop, &bridge->handle_, context->c.fd) != 0) return false;
  bridge->handle_.data = bridge.get();
  context->ev.data = bridge.release();
  context->ev.addRead = [](void* self) { Want(self, UV_READABLE); };
  context->ev.delRead = [](void* self) { Unwant(self, UV_READABLE); };
  context->ev.addWrite = [](void* self) { Want(self, UV_WRITABLE); };
  context->ev.delWrite = [](void* self) { Unwant(self, UV_WRITABLE); };
  context->ev.cleanup = Detach;
  Want(context->ev.data, UV_WRITABLE);  // a connection that is made becomes writable
  return true;
}

void PollBridge::Flush(redisAsyncContext* context) {
  auto* const bridge = static_cast<PollBridge*>(context->ev.data);
  if ((bridge->wanted_ & UV_WRITABLE) != 0 && (context->c.flags & REDIS_CONNECTED) != 0) {
    redisAsyncHandleWrite(context);
  }
  if (bridge->context_ == nullptr || bridge->wanted_ == bridge->watched_) return;
  bridge->watched_ = bridge->wanted_;
  if (bridge->watched_ == 0) {
    uv_poll_stop(&bridge->handle_);
  } else {
    uv_poll_start(&bridge->handle_, bridge->watched_, OnPoll);
  }
}

void PollBridge::OnPoll(uv_poll_t* handle, int status, int events) {
  auto* const bridge = static_cast<PollBridge*>(handle->data);
  if (status < 0) {
    bridge->watched_ = 0;  // libuv has stopped the handle
    events = UV_READABLE;  // reading finds out what is wrong and ends the connection
  }
  if (bridge->context_ != nullptr && (events & UV_READABLE) != 0) {
    redisAsyncHandleRead(bridge->context_);
  }
  if (bridge->context_ != nullptr && (events & UV_WRITABLE) != 0) {
    redisAsyncHandleWrite(bridge->context_);
  }
}

void PollBridge::Want(void* bridge, int events) {
  static_cast<PollBridge*>(bridge)->wanted_ |= events;
}

void PollBridge::Unwant(void* bridge, int events) {
  static_cast<PollBridge*>(bridge)->wanted_ &= ~events;
}

void PollBridge::Detach(void* bridge) {
  auto* const self = static_cast<PollBridge*>(bridge);
  self->context_ = nullptr;
  uv_poll_stop(&self->handle_);
  uv_close(reinterpret_cast<uv_handle_t*>(&self->handle_),
           [](uv_handle_t* handle) { delete static_cast<PollBridge*>(handle->data); });
}

}  // namespace tokenforge::redis
