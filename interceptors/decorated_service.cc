#include "interceptors/decorated_service.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/method_handler.h>

#include "interceptors/refusal.h"
#include "lib/rpc/status.h"
#include "lib/sync/hand_over.h"

namespace tokenforge::internal {
namespace {

using grpc::internal::MethodHandler;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;
using ApiType = RpcServiceMethod::ApiType;
using Methods = std::vector<std::unique_ptr<RpcServiceMethod>>;

// grpc::Service tells neither the names nor the API of its methods. An explicit instantiation may
// name a private member
// ([temp.spec]); if the member ever changes, this stops compiling.
Methods& MethodsOf(grpc::Service& service);
template <Methods grpc::Service::* kMember>
struct Reveal {
  friend Methods& MethodsOf(grpc::Service& service) { return service.*kMember; }
};
template struct Reveal<&grpc::Service::methods_>;

// The same for what a builder has been told besides services.
using Plugins = std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>;
Plugins& PluginsOf(grpc::ServerBuilder& builder);
template <Plugins grpc::ServerBuilder::* kMember>
struct RevealPlugins {
  friend Plugins& PluginsOf(grpc::ServerBuilder& builder) { return builder.*kMember; }
};
template struct RevealPlugins<&grpc::ServerBuilder::plugins_>;

grpc::AsyncGenericService* GenericOf(grpc::ServerBuilder& builder);
template <grpc::AsyncGenericService* grpc::ServerBuilder::* kMember>
struct RevealGeneric {
  friend grpc::AsyncGenericService* GenericOf(grpc::ServerBuilder& builder) {
    return builder.*kMember;
  }
};
template struct RevealGeneric<&grpc::ServerBuilder::generic_service_>;

grpc::CallbackGenericService* CallbackGenericOf(grpc::ServerBuilder& builder);
template <grpc::CallbackGenericService* grpc::ServerBuilder::* kMember>
struct RevealCallbackGeneric {
  friend grpc::CallbackGenericService* CallbackGenericOf(grpc::ServerBuilder& builder) {
    return builder.*kMember;
  }
};
template struct RevealCallbackGeneric<&grpc::ServerBuilder::callback_generic_service_>;

bool IsCallback(const RpcServiceMethod& method) {
  return method.api_type() == ApiType::CALL_BACK || method.api_type() == ApiType::RAW_CALL_BACK;
}

// --- Refusing. One handler for all kinds of method: on the wire a refusal is initial metadata and
// a status, whatever the kind. They are gRPC's own handlers for streams of raw bytes, which read
// nothing unless asked to.

void RefuseSync(const MethodHandler::HandlerParameter& call, const grpc::Status& status) {
  using Stream = grpc::ServerReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
  grpc::internal::TemplatedBidiStreamingHandler<Stream, false> handler(
      [&status](grpc::ServerContext*, Stream*) { return status; });
  handler.RunHandler(call);
}

class FinishedStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit FinishedStream(grpc::Status status) {
    Finish(std::move(status));
    sync::HandOver(this);
  }
  void OnDone() override {
    sync::TakeOver(this);
    delete this;
  }
};

void RefuseCallback(const MethodHandler::HandlerParameter& call, const grpc::Status& status) {
  grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer> handler(
      [&status](grpc::CallbackServerContext*) { return new FinishedStream(status); });
  handler.RunHandler(call);
}

class DecoratedHandler final : public MethodHandler {
 public:
  DecoratedHandler(MethodHandler& wrapped, const BoundMethod& method, bool has_message,
                   bool callback)
      : wrapped_(wrapped), method_(method), has_message_(has_message), callback_(callback) {
    sync::HandOver(this);  // to the server's threads
  }

  // The decision is made before the message is parsed: what a stranger sends meets no parser, and
  // there is nothing to free.
  void* Deserialize(grpc_call* call, grpc_byte_buffer* message, grpc::Status* status,
                    void** handler_data) override {
    sync::TakeOver(this);
    GuardedCall* const arriving = GuardedCall::FindArriving(call);
    if (arriving != nullptr && arriving->Decide(method_).ok()) {
      return wrapped_.Deserialize(call, message, status, handler_data);
    }
    if (message != nullptr) grpc_byte_buffer_destroy(message);
    *status = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "refused");
    return nullptr;
  }

  void RunHandler(const HandlerParameter& call) override {
    sync::TakeOver(this);
    GuardedCall* const guarded = GuardedCall::Find(*call.server_context);
    const absl::Status decision =
        guarded != nullptr
            ? guarded->Decide(method_)
            : Refusal(errors::reasons::INTERNAL_FAULT);  // the interceptor is missing
    if (!decision.ok()) return Refuse(call, decision);
    // A message that Deserialize dropped because it did not find the call must not reach the
    // handler as null.
    if (has_message_ && call.request == nullptr && call.status.ok()) {
      return Refuse(call, Refusal(errors::reasons::INTERNAL_FAULT));
    }
    if (!call.status.ok()) guarded->NoteMalformedRequest();
    const async::LocalScope scope(guarded->local());  // what the handler begins, and awaits
    wrapped_.RunHandler(call);
  }

 private:
  void Refuse(const HandlerParameter& call, const absl::Status& refusal) const {
    const std::string_view challenge = Challenge(refusal);
    if (!challenge.empty()) {
      call.server_context->AddTrailingMetadata("www-authenticate", std::string(challenge));
    }
    const HandlerParameter bare(call.call, call.server_context, nullptr, grpc::Status(), nullptr,
                                call.call_requester);
    const grpc::Status status = rpc::ToGrpc(refusal);
    callback_ ? RefuseCallback(bare, status) : RefuseSync(bare, status);
  }

  MethodHandler& wrapped_;
  const BoundMethod& method_;
  const bool has_message_;
  const bool callback_;
};

class DecoratedService final : public grpc::Service {
 public:
  void Add(RpcServiceMethod& wrapped, const BoundMethod& method) {
    const bool has_message = wrapped.method_type() == RpcMethod::NORMAL_RPC ||
                             wrapped.method_type() == RpcMethod::SERVER_STREAMING;
    const bool callback = IsCallback(wrapped);
    auto* decorated = new RpcServiceMethod(
        method.path.c_str(), wrapped.method_type(),
        new DecoratedHandler(*wrapped.handler(), method, has_message, callback));
    if (callback) decorated->SetServerApiType(wrapped.api_type());
    AddMethod(decorated);  // takes ownership
  }
};

RpcMethod::RpcType KindOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? RpcMethod::BIDI_STREAMING : RpcMethod::CLIENT_STREAMING;
  }
  return method.server_streaming() ? RpcMethod::SERVER_STREAMING : RpcMethod::NORMAL_RPC;
}

std::string WhyNot(const google::protobuf::MethodDescriptor& declared,
                   const RpcServiceMethod* method) {
  if (method == nullptr) return "is generic: a generic service cannot be guarded by rules";
  if (method->handler() == nullptr) {
    return "is served on a completion queue: only synchronous and callback methods can be guarded";
  }
  const std::string path = "/" + declared.service()->full_name() + "/" + declared.name();
  if (path != method->name()) return "is registered as " + std::string(method->name());
  if (method->method_type() != KindOf(declared)) {
    return "is registered as another kind of method (streamed unary?), which cannot be guarded";
  }
  return {};
}

}  // namespace

void CheckDecoratable(const google::protobuf::ServiceDescriptor& descriptor, grpc::Service& service,
                      std::vector<errors::FieldFault>& faults) {
  const Methods& methods = MethodsOf(service);
  if (methods.size() != static_cast<std::size_t>(descriptor.method_count())) {
    faults.push_back({descriptor.full_name(), "its methods are not those of its proto"});
    return;
  }
  for (int i = 0; i < descriptor.method_count(); ++i) {
    const google::protobuf::MethodDescriptor& declared = *descriptor.method(i);
    const std::string fault = WhyNot(declared, methods[static_cast<std::size_t>(i)].get());
    if (!fault.empty()) {
      faults.push_back({descriptor.full_name() + "/" + declared.name(), fault});
    }
  }
}

std::unique_ptr<grpc::Service> Decorate(grpc::Service& service,
                                        const std::vector<std::unique_ptr<BoundMethod>>& methods) {
  auto decorated = std::make_unique<DecoratedService>();
  const Methods& wrapped = MethodsOf(service);
  for (std::size_t i = 0; i < methods.size(); ++i) decorated->Add(*wrapped[i], *methods[i]);
  return decorated;
}

PastTheGuard FindPastTheGuard(grpc::ServerBuilder& builder) {
  // services() is protected, and meant for subclasses.
  struct Opened : grpc::ServerBuilder {
    static auto Of(grpc::ServerBuilder& other) { return (other.*&Opened::services)(); }
  };
  PastTheGuard found;
  for (const auto* named : Opened::Of(builder)) {
    const Methods& methods = MethodsOf(*named->service);
    const std::string path = methods.empty() || !methods[0] ? "/?/" : methods[0]->name();
    found.services.push_back(path.substr(1, path.find('/', 1) - 1));
  }
  for (const auto& plugin : PluginsOf(builder)) {
    if (plugin->has_sync_methods() || plugin->has_async_methods()) {
      found.plugins.push_back(plugin->name());
    }
  }
  found.generic = GenericOf(builder) != nullptr || CallbackGenericOf(builder) != nullptr;
  return found;
}

}  // namespace tokenforge::internal
