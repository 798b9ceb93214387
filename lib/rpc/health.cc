#include "lib/rpc/health.h"

#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <optional>
#include <set>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/sync/hand_over.h"
#include "lib/sync/mutex.h"

namespace tokenforge::rpc {
namespace {

using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

// grpc.health.v1.HealthCheckResponse.ServingStatus. The messages are written by hand: registering
// the protocol's descriptors would abort a process that has its own copy of them.
enum class Serving : char { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

grpc::ByteBuffer Encode(Serving serving) {
  const std::string bytes = {0x08, static_cast<char>(serving)};  // field 1, a varint
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// `service` of a HealthCheckRequest; nothing when it is none.
std::optional<std::string> ServiceIn(const grpc::ByteBuffer& request) {
  grpc::Slice slice;
  google::protobuf::UnknownFieldSet fields;
  if (!request.DumpToSingleSlice(&slice).ok() ||
      !fields.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return std::nullopt;
  }
  std::string service;
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    if (field.number() != 1) continue;
    if (field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) return std::nullopt;
    service = field.length_delimited();
  }
  return service;
}

absl::Status Malformed() {
  return errors::InvalidFields({{"service", "the request is no HealthCheckRequest"}});
}

}  // namespace

class Health::Body final : public grpc::Service {
 public:
  ~Body() override { sync::TakeOver(this); }  // the server has shut down: every watch is done
  explicit Body(std::vector<std::string> services) : names_(services.begin(), services.end()) {
    names_.insert("");
    AddMethod(new RpcServiceMethod("/grpc.health.v1.Health/Check", RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodCallback(
        0, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
               [this](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                      grpc::ByteBuffer* response) { return Check(context, *request, response); }));
    AddMethod(
        new RpcServiceMethod("/grpc.health.v1.Health/Watch", RpcMethod::SERVER_STREAMING, nullptr));
    MarkMethodCallback(
        1, new grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
               [this](grpc::CallbackServerContext*, const grpc::ByteBuffer* request) {
                 return Watch(*request);
               }));
  }

  void SetServing(bool serving) {
    const sync::MutexLock lock(&mutex_);
    serving_ = serving;
    for (Watcher* watcher : watchers_) watcher->Tell();
  }

  void EndWatches() {
    const sync::MutexLock lock(&mutex_);
    draining_ = true;
    for (Watcher* watcher : watchers_) watcher->End(DrainingStatus());
  }

 private:
  // One Watch. Everything in it is guarded by the body's mutex; gRPC calls back on its own threads,
  // never from inside StartWrite or Finish.
  class Watcher final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
   public:
    Watcher(Body* body, bool known) : body_(body), known_(known) {}

    void Tell() {
      const Serving now = known_ ? body_->State() : Serving::kServiceUnknown;
      if (writing_ || ended_ || told_ == now) return;
      writing_ = true;
      told_ = now;
      message_ = Encode(now);
      StartWrite(&message_);
    }

    void End(absl::Status status) {
      if (ended_) return;
      ended_ = std::move(status);
      if (!writing_) Finish(ToGrpc(*ended_));
    }

    void OnWriteDone(bool ok) override {
      sync::TakeOver(this);
      const sync::MutexLock lock(&body_->mutex_);
      writing_ = false;
      if (ended_) {
        Finish(ToGrpc(*ended_));
      } else if (!ok) {
        End(absl::OkStatus());  // the client is gone
      } else {
        Tell();
      }
    }
    void OnCancel() override {
      sync::TakeOver(this);
      const sync::MutexLock lock(&body_->mutex_);
      End(absl::OkStatus());
    }
    void OnDone() override {
      sync::TakeOver(this);
      {
        const sync::MutexLock lock(&body_->mutex_);
        body_->watchers_.erase(this);
      }
      sync::HandOver(body_);
      delete this;
    }

   private:
    Body* const body_;
    const bool known_;
    bool writing_ = false;
    std::optional<absl::Status> ended_;
    std::optional<Serving> told_;
    grpc::ByteBuffer message_;
  };

  static absl::Status DrainingStatus() {
    return errors::Make(errors::reasons::DRAINING, "the server is shutting down; use another one");
  }

  Serving State() const { return serving_ ? Serving::kServing : Serving::kNotServing; }

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer& request, grpc::ByteBuffer* response) {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    const auto service = ServiceIn(request);
    absl::Status status;
    if (!service) {
      status = Malformed();
    } else if (!names_.contains(*service)) {
      status = errors::Make(errors::reasons::NOT_FOUND, "no such service here");
    } else {
      const sync::MutexLock lock(&mutex_);
      *response = Encode(State());
    }
    reactor->Finish(ToGrpc(status));
    return reactor;
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(const grpc::ByteBuffer& request) {
    const auto service = ServiceIn(request);
    const sync::MutexLock lock(&mutex_);
    auto* const watcher = new Watcher(this, service && names_.contains(*service));
    watchers_.insert(watcher);
    if (!service) {
      watcher->End(Malformed());
    } else if (draining_) {
      watcher->End(DrainingStatus());
    } else {
      watcher->Tell();
    }
    sync::HandOver(watcher);
    return watcher;
  }

  std::set<std::string> names_;
  sync::Mutex mutex_;
  std::set<Watcher*> watchers_;  // guarded by mutex_, as are the two below and every Watcher
  bool serving_ = false;
  bool draining_ = false;
};

Health::Health(std::vector<std::string> services)
    : body_(std::make_unique<Body>(std::move(services))) {}
Health::~Health() = default;
grpc::Service* Health::service() { return body_.get(); }
void Health::SetServing(bool serving) { body_->SetServing(serving); }
void Health::EndWatches() { body_->EndWatches(); }

}  // namespace tokenforge::rpc
