#include "lib/redis/link.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "lib/redis/poll_bridge.h"

namespace tokenforge::redis {
namespace {

uint64_t Milliseconds(std::chrono::milliseconds span) {
  return static_cast<uint64_t>(span.count());
}

// The error code of a refusal: what follows it may quote what was sent.
std::string CodeOf(const redisReply& error) {
  const std::string_view text(error.str, error.len);
  return std::string(text.substr(0, text.find(' ')));
}

}  // namespace

Link::Link(uv_loop_t* loop, ServerAddress server, int database, const Options* options,
           Listener* listener)
    : loop_(loop),
      server_(std::move(server)),
      database_(database),
      options_(options),
      listener_(listener),
      jitter_(std::random_device()()) {
  uv_timer_init(loop_, &timer_);
  timer_.data = this;
  resolution_.data = this;
}

void Link::Start() { Attempt(); }

void Link::Stop(std::function<void()> gone) {
  stopped_ = true;
  up_ = false;
  gone_ = std::move(gone);
  if (resolving_) uv_cancel(reinterpret_cast<uv_req_t*>(&resolution_));
  if (redisAsyncContext* const context = std::exchange(context_, nullptr)) redisAsyncFree(context);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), [](uv_handle_t* timer) {
    Of(timer)->closed_ = true;
    Of(timer)->TellGone();
  });
}

void Link::TellGone() {
  if (!closed_ || resolving_ || !gone_) return;
  const std::function<void()> gone = std::exchange(gone_, nullptr);
  gone();
}

void Link::Flush() {
  if (context_ != nullptr) PollBridge::Flush(context_);
}

void Link::Drop(std::string_view why) {
  if (redisAsyncContext* const context = std::exchange(context_, nullptr)) {
    up_ = false;
    redisAsyncFree(context);
  }
  Down(why);
}

void Link::Attempt() {
  if (!server_.socket_path.empty()) {
    Dial(redisAsyncConnectUnix(server_.socket_path.c_str()));
  } else {
    Resolve();
  }
}

// Names are looked up on libuv's own threads: hiredis would block the loop. The resolver has its
// own timeouts; they are not cut short here, because a look-up under way cannot be ended.
void Link::Resolve() {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  const int fault =
      uv_getaddrinfo(loop_, &resolution_, OnResolved, server_.host.c_str(), nullptr, &hints);
  resolving_ = fault == 0;
  if (fault != 0) Down(uv_strerror(fault));
}

void Link::OnResolved(uv_getaddrinfo_t* request, int status, addrinfo* found) {
  Link* const self = static_cast<Link*>(request->data);
  self->resolving_ = false;
  std::vector<std::string> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    std::array<char, INET6_ADDRSTRLEN> text = {};
    if (uv_ip_name(each->ai_addr, text.data(), text.size()) == 0)
      addresses.emplace_back(text.data());
  }
  uv_freeaddrinfo(found);
  if (self->stopped_) return self->TellGone();
  if (addresses.empty()) return self->Down(status < 0 ? uv_strerror(status) : "no address");
  // One address per attempt, in turn: one that is dead must not hide the others.
  const std::string& address = addresses[self->attempts_ % addresses.size()];
  self->Dial(redisAsyncConnect(address.c_str(), self->server_.port));
}

void Link::Dial(redisAsyncContext* context) {
  if (context == nullptr) return Down("out of memory");
  if (context->err != 0 || !PollBridge::Attach(context, loop_)) {
    const std::string why = context->err != 0 ? context->errstr : "the socket cannot be watched";
    redisAsyncFree(context);
    return Down(why);
  }
  context_ = context;
  context_->data = this;
  redisAsyncSetConnectCallback(context_, OnConnected);
  redisAsyncSetDisconnectCallback(context_, OnDisconnected);
  if (context_->c.connection_type == REDIS_CONN_TCP) redisEnableKeepAlive(&context_->c);
  uv_timer_start(
      &timer_,
      [](uv_timer_t* timer) {
        Of(reinterpret_cast<uv_handle_t*>(timer))->Drop("connecting timed out");
      },
      Milliseconds(options_->connect_timeout), 0);
  Greet();
}

// Appended before the connection is made; hiredis sends them as soon as it is.
void Link::Greet() {
  const auto send = [this](std::initializer_list<std::string_view> arguments, bool is_last) {
    std::array<const char*, 3> parts = {};
    std::array<size_t, 3> sizes = {};
    int count = 0;
    for (const std::string_view argument : arguments) {
      parts[count] = argument.data();
      sizes[count++] = argument.size();
    }
    redisAsyncCommandArgv(context_, OnGreeted, is_last ? this : nullptr, count, parts.data(),
                          sizes.data());
  };
  if (options_->password) {
    const std::string_view password = options_->password->Expose();
    const std::string user = options_->username.empty() ? "default" : options_->username;
    send({"AUTH", user, password}, false);
  }
  if (database_ != 0) {
    const std::string database = std::to_string(database_);
    send({"SELECT", database}, false);
  }
  send({"PING"}, true);
}

void Link::OnGreeted(redisAsyncContext* context, void* reply, void* is_last) {
  Link* const self = static_cast<Link*>(context->data);
  if (context != self->context_ || reply == nullptr) return;  // the end of the context tells
  const auto& answer = *static_cast<const redisReply*>(reply);
  if (answer.type == REDIS_REPLY_ERROR) {
    return self->Drop("the server refuses us: " + CodeOf(answer));
  }
  if (is_last == nullptr) return;
  uv_timer_stop(&self->timer_);
  self->attempts_ = 0;
  self->up_ = true;
  self->listener_->OnUp();
}

void Link::OnConnected(const redisAsyncContext* context, int status) {
  Link* const self = static_cast<Link*>(context->data);
  if (status == REDIS_OK || context != self->context_) return;
  self->context_ = nullptr;  // hiredis frees it after this callback
  self->Down(context->errstr);
}

void Link::OnDisconnected(const redisAsyncContext* context, int status) {
  Link* const self = static_cast<Link*>(context->data);
  if (context != self->context_) return;
  self->context_ = nullptr;  // hiredis frees it after this callback
  self->Down(status == REDIS_OK ? "the connection was closed" : context->errstr);
}

void Link::Down(std::string_view why) {
  up_ = false;
  if (stopped_) return;
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { Of(reinterpret_cast<uv_handle_t*>(timer))->Attempt(); },
      Milliseconds(NextPause()), 0);
  listener_->OnDown(why);
}

// Doubles with each failure; between half and all of it, so that many clients do not come back at
// once.
std::chrono::milliseconds Link::NextPause() {
  const int64_t longest = options_->backoff_max.count();
  const int64_t grown = options_->backoff_min.count() << std::min(attempts_++, 20U);
  const int64_t pause = std::max<int64_t>(1, std::min(longest, grown));
  return std::chrono::milliseconds(
      std::uniform_int_distribution<int64_t>(pause / 2, pause)(jitter_));
}

}  // namespace tokenforge::redis
