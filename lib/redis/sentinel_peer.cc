#include "lib/redis/sentinel_peer.h"

#include <array>
#include <charconv>
#include <utility>

namespace tokenforge::redis {
namespace {

std::string_view TextOf(const redisReply& reply) {
  const bool is_text = reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS ||
                       reply.type == REDIS_REPLY_ERROR;
  return is_text ? std::string_view(reply.str, reply.len) : std::string_view();
}

std::string_view CodeOf(const redisReply& error) {
  const std::string_view text = TextOf(error);
  return text.substr(0, text.find(' '));
}

template <class Number>
std::optional<Number> NumberIn(std::string_view text) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<ServerAddress> AddressOf(std::string_view host, std::string_view port_text) {
  constexpr size_t kLongestName = 253;  // RFC 1035
  const std::optional<int> port = NumberIn<int>(port_text);
  if (host.empty() || host.size() > kLongestName || !port || *port < 1 || *port > 65535) {
    return std::nullopt;
  }
  return ServerAddress{"", std::string(host), *port};
}

// In a flat array of names and values; empty when it is not there.
std::string_view ValueOf(const redisReply& fields, std::string_view name) {
  if (fields.type != REDIS_REPLY_ARRAY) return {};
  for (size_t i = 0; i + 1 < fields.elements; i += 2) {
    if (TextOf(*fields.element[i]) == name) return TextOf(*fields.element[i + 1]);
  }
  return {};
}

}  // namespace

SentinelPeer::SentinelPeer(uv_loop_t* loop, ServerAddress server, std::string primary,
                           const Options* options, Owner* owner)
    : loop_(loop),
      primary_(std::move(primary)),
      options_(options),
      owner_(owner),
      questions_(loop, server, options),
      news_(loop, server, options) {
  questions_.up = [this] { Ask(); };
  questions_.down = [this](std::string_view why) {
    asked_ = ask_again_ = false;
    Forget(why);
  };
  news_.up = [this] {
    redisAsyncCommand(news_.link.context(), OnNews, this, "SUBSCRIBE +switch-master");
    owner_->OnSwitch(*this);  // what was said before is missed
  };
  news_.down = [](std::string_view) {};  // Ask, every now and then, stands in
}

void SentinelPeer::Start() {
  questions_.link.Start();
  news_.link.Start();
}

void SentinelPeer::Stop() {
  stopped_ = true;
  questions_.link.Stop();
  news_.link.Stop();
}

void SentinelPeer::Flush() {
  questions_.link.Flush();
  news_.link.Flush();
}

void SentinelPeer::MoveTo(const ServerAddress& server) {
  for (Side* const side : {&questions_, &news_}) {
    side->link.SetServer(server);
    if (side->link.context() != nullptr) side->link.Drop("it is asked no more");
  }
}

void SentinelPeer::Ask() {
  if (!up()) return;
  if (asked_) {
    ask_again_ = true;
    const auto patience = static_cast<uint64_t>(options_->connect_timeout.count());
    if (uv_now(loop_) - asked_at_ms_ > patience) questions_.link.Drop("it does not answer");
    return;
  }
  asked_ = true;
  asked_at_ms_ = uv_now(loop_);
  address_.reset();
  refusal_.clear();
  Question(OnAddress, "GET-MASTER-ADDR-BY-NAME");
  Question(OnState, "MASTER");
  Question(OnOthers, "SENTINELS");
}

void SentinelPeer::Question(redisCallbackFn* callback, const char* what) {
  std::array<const char*, 3> parts = {"SENTINEL", what, primary_.c_str()};
  const std::array<size_t, 3> sizes = {8, std::string_view(what).size(), primary_.size()};
  redisAsyncCommandArgv(questions_.link.context(), callback, this, 3, parts.data(), sizes.data());
}

// Null replies everywhere: the end of the connection, which `down` tells.
void SentinelPeer::OnAddress(redisAsyncContext*, void* data, void* self) {
  if (data == nullptr) return;
  const auto& reply = *static_cast<const redisReply*>(data);
  auto& peer = *static_cast<SentinelPeer*>(self);
  if (reply.type == REDIS_REPLY_ERROR) {
    peer.refusal_ = "the sentinel refuses us: " + std::string(CodeOf(reply));
  } else if (reply.type == REDIS_REPLY_ARRAY && reply.elements == 2) {
    peer.address_ = AddressOf(TextOf(*reply.element[0]), TextOf(*reply.element[1]));
  } else {
    peer.refusal_ = "the sentinel knows no primary of this name";
  }
}

void SentinelPeer::OnState(redisAsyncContext*, void* data, void* self) {
  if (data == nullptr) return;
  const auto& reply = *static_cast<const redisReply*>(data);
  auto& peer = *static_cast<SentinelPeer*>(self);
  const std::optional<uint64_t> epoch = NumberIn<uint64_t>(ValueOf(reply, "config-epoch"));
  peer.answer_.reset();
  if (reply.type == REDIS_REPLY_ERROR && peer.refusal_.empty()) {
    peer.refusal_ = "the sentinel refuses us: " + std::string(CodeOf(reply));
  }
  if (peer.address_ && epoch) peer.answer_ = Answer{*peer.address_, *epoch};
}

void SentinelPeer::OnOthers(redisAsyncContext*, void* data, void* self) {
  if (data == nullptr) return;
  const auto& reply = *static_cast<const redisReply*>(data);
  auto& peer = *static_cast<SentinelPeer*>(self);
  peer.asked_ = false;
  std::vector<ServerAddress> others;
  for (size_t i = 0; reply.type == REDIS_REPLY_ARRAY && i < reply.elements; ++i) {
    const redisReply& fields = *reply.element[i];
    auto other = AddressOf(ValueOf(fields, "ip"), ValueOf(fields, "port"));
    if (other) others.push_back(*std::move(other));
  }
  if (peer.stopped_) return;
  peer.owner_->OnOthers(peer, std::move(others));
  peer.owner_->OnAnswer(peer, peer.answer_            ? ""
                              : peer.refusal_.empty() ? "the sentinel's answer is none"
                                                      : peer.refusal_);
  if (std::exchange(peer.ask_again_, false)) peer.Ask();
}

// ["subscribe", channel, 1] once, then ["message", channel, "NAME old-ip port new-ip port"].
void SentinelPeer::OnNews(redisAsyncContext*, void* data, void* self) {
  if (data == nullptr) return;
  const auto& reply = *static_cast<const redisReply*>(data);
  auto& peer = *static_cast<SentinelPeer*>(self);
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 3 || peer.stopped_) return;
  const bool is_message = TextOf(*reply.element[0]) == "message";
  if (is_message && TextOf(*reply.element[2]).starts_with(peer.primary_ + " ")) {
    peer.owner_->OnSwitch(peer);
  }
}

void SentinelPeer::Forget(std::string_view why) {
  answer_.reset();
  if (!stopped_) owner_->OnAnswer(*this, why);
}

}  // namespace tokenforge::redis
