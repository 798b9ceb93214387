#include "tests/lib/otlp/receiver.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>

#include "lib/sync/hand_over.h"
#include "lib/sync/mutex.h"

namespace tokenforge::otlp::testing {
namespace {

constexpr char kExport[] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

std::string ServiceOf(const v1::Resource& resource) {
  for (const v1::KeyValue& attribute : resource.attributes()) {
    if (attribute.key() == "service.name") return attribute.value().string_value();
  }
  return {};
}

}  // namespace

struct Receiver::State final : grpc::CallbackGenericService {
  class Reactor;

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;
  grpc::Status Take(const v1::ExportRequest& request, v1::ExportResponse* response);

  mutable sync::Mutex mutex;
  mutable sync::CondVar changed;
  Answer answer ABSL_GUARDED_BY(mutex);
  Spans spans ABSL_GUARDED_BY(mutex);
  int requests ABSL_GUARDED_BY(mutex) = 0;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

// One call: one message, one answer.
class Receiver::State::Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  Reactor(State& state, bool known) : state_(state) {
    sync::HandOver(this);
    if (known) {
      StartRead(&received_);
    } else {
      Finish({grpc::StatusCode::UNIMPLEMENTED, "no such method"});
    }
  }
  void OnReadDone(bool ok) override {
    sync::TakeOver(this);
    v1::ExportRequest request;
    if (!ok ||
        !grpc::SerializationTraits<v1::ExportRequest>::Deserialize(&received_, &request).ok()) {
      return Finish({grpc::StatusCode::INVALID_ARGUMENT, "not an ExportTraceServiceRequest"});
    }
    v1::ExportResponse response;
    const grpc::Status status = state_.Take(request, &response);
    if (!status.ok()) return Finish(status);
    bool own = false;
    grpc::SerializationTraits<v1::ExportResponse>::Serialize(response, &sent_, &own);
    sync::HandOver(this);
    StartWriteAndFinish(&sent_, grpc::WriteOptions(), status);
  }
  void OnDone() override {
    sync::TakeOver(this);
    delete this;
  }

 private:
  State& state_;
  grpc::ByteBuffer received_, sent_;
};

grpc::ServerGenericBidiReactor* Receiver::State::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  return new Reactor(*this, context->method() == kExport);
}

grpc::Status Receiver::State::Take(const v1::ExportRequest& request, v1::ExportResponse* response) {
  const sync::MutexLock lock(&mutex);
  ++requests;
  const grpc::Status status = answer ? answer(request, response) : grpc::Status::OK;
  if (status.ok()) {
    for (const v1::ResourceSpans& process : request.resource_spans()) {
      for (const v1::ScopeSpans& library : process.scope_spans()) {
        for (const v1::Span& span : library.spans()) {
          spans.push_back({ServiceOf(process.resource()), span});
        }
      }
    }
  }
  changed.NotifyAll();
  return status;
}

Receiver::Receiver(std::shared_ptr<grpc::ServerCredentials> credentials, int port)
    : state_(std::make_unique<State>()) {
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), std::move(credentials),
                           &state_->port);
  builder.RegisterCallbackGenericService(state_.get());
  state_->server = builder.BuildAndStart();
}

Receiver::~Receiver() {
  if (state_->server) {
    state_->server->Shutdown(std::chrono::system_clock::now());
    state_->server->Wait();
  }
}

int Receiver::port() const { return state_->port; }
std::string Receiver::endpoint() const { return "http://127.0.0.1:" + std::to_string(port()); }

void Receiver::SetAnswer(Answer answer) {
  const sync::MutexLock lock(&state_->mutex);
  state_->answer = std::move(answer);
}

int Receiver::requests() const {
  const sync::MutexLock lock(&state_->mutex);
  return state_->requests;
}

void Receiver::WaitForRequests(int count) const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  const sync::MutexLock lock(&state_->mutex);
  while (state_->requests < count) {
    if (!state_->changed.WaitUntil(&state_->mutex, until)) return;
  }
}

Spans Receiver::All() const {
  const sync::MutexLock lock(&state_->mutex);
  return state_->spans;
}

Spans Receiver::WaitFor(const std::function<bool(const Spans&)>& enough) const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  const sync::MutexLock lock(&state_->mutex);
  while (!enough(state_->spans)) {
    if (!state_->changed.WaitUntil(&state_->mutex, until)) break;
  }
  return state_->spans;
}

std::string AttributeOf(const v1::Span& span, const std::string& key) {
  for (const v1::KeyValue& attribute : span.attributes()) {
    if (attribute.key() != key) continue;
    const v1::AnyValue& value = attribute.value();
    return value.has_string_value() ? value.string_value() : std::to_string(value.int_value());
  }
  return {};
}

std::string Hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kDigits[byte & 0x0f]);
  }
  return text;
}

}  // namespace tokenforge::otlp::testing
