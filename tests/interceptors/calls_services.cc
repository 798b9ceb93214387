#include "tests/interceptors/calls_services.h"

#include <stdexcept>

#include "lib/sync/hand_over.h"
#include "tokenforge/caller.h"

namespace tokenforge::testing {
namespace {

std::atomic<int> runs = 0;

std::string Metadata(const grpc::ServerContextBase& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

grpc::Status Answered(grpc::ServerContext* context, const v1::Ask* ask, v1::Answer* answer) {
  Observe(*context, *ask, answer);
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* Answered(grpc::CallbackServerContext* context, const v1::Ask* ask,
                                   v1::Answer* answer) {
  Observe(*context, *ask, answer);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::Status Echo(grpc::ServerContext* context,
                  grpc::ServerReaderWriter<v1::Answer, v1::Ask>* stream) {
  v1::Ask ask;
  v1::Answer answer;
  Observe(*context, ask, &answer);
  while (stream->Read(&ask)) {
    answer.set_text(ask.text());
    stream->Write(answer);
  }
  return grpc::Status::OK;
}

class EchoReactor final : public grpc::ServerBidiReactor<v1::Ask, v1::Answer> {
 public:
  explicit EchoReactor(grpc::CallbackServerContext* context) {
    const sync::Visit visit(this);
    Observe(*context, ask_, &answer_);
    StartRead(&ask_);
  }
  void OnReadDone(bool ok) override {
    const sync::Visit visit(this);
    if (!ok) return Finish(grpc::Status::OK);
    answer_.set_text(ask_.text());
    StartWrite(&answer_);
  }
  void OnWriteDone(bool ok) override {
    const sync::Visit visit(this);
    if (ok) StartRead(&ask_);
    if (!ok) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    sync::TakeOver(this);
    delete this;
  }

 private:
  v1::Ask ask_;
  v1::Answer answer_;
};

class ReadReactor final : public grpc::ServerReadReactor<v1::Ask> {
 public:
  ReadReactor(grpc::CallbackServerContext* context, v1::Answer* answer) {
    const sync::Visit visit(this);
    Observe(*context, ask_, answer);
    StartRead(&ask_);
  }
  void OnReadDone(bool ok) override {
    const sync::Visit visit(this);
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&ask_);
  }
  void OnDone() override {
    sync::TakeOver(this);
    delete this;
  }

 private:
  v1::Ask ask_;
};

class WriteReactor final : public grpc::ServerWriteReactor<v1::Answer> {
 public:
  WriteReactor(grpc::CallbackServerContext* context, const v1::Ask* ask) {
    const sync::Visit visit(this);
    Observe(*context, *ask, &answer_);
    StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override {
    sync::TakeOver(this);
    delete this;
  }

 private:
  v1::Answer answer_;
};

}  // namespace

void Observe(const grpc::ServerContextBase& context, const v1::Ask& ask, v1::Answer* answer) {
  ++runs;
  if (ask.text() == "throw") throw std::runtime_error("secret detail");
  const Caller caller = CallerOf(context);
  answer->set_text(ask.text());
  answer->set_kind(static_cast<int>(caller.kind()));
  answer->set_subject(caller.subject());
  answer->set_session_id(caller.session_id());
  answer->set_peer(caller.peer());
  answer->mutable_roles()->Add(caller.roles().begin(), caller.roles().end());
  answer->set_traceparent(Metadata(context, "traceparent"));
  answer->set_tracestate(Metadata(context, "tracestate"));
  answer->set_request_id(Metadata(context, "x-request-id"));
  answer->set_baggage(Metadata(context, "baggage"));
  answer->set_foreign(Metadata(context, "x-tokenforge-sub"));
}

int HandlerRuns() { return runs; }

#define TF_UNARY(Method)                                                               \
  grpc::Status SyncCalls::Method(Context* c, const v1::Ask* ask, v1::Answer* answer) { \
    return Answered(c, ask, answer);                                                   \
  }                                                                                    \
  grpc::ServerUnaryReactor* CallbackCalls::Method(Context* c, const v1::Ask* ask,      \
                                                  v1::Answer* answer) {                \
    return Answered(c, ask, answer);                                                   \
  }
TF_UNARY(Unary)
TF_UNARY(Open)
TF_UNARY(Admin)
TF_UNARY(Scoped)
TF_UNARY(Peers)
TF_UNARY(AdminPeers)
TF_UNARY(Billing)
TF_UNARY(Fresh)
#undef TF_UNARY

#define TF_BIDI(Method)                                                                          \
  grpc::Status SyncCalls::Method(Context* c, grpc::ServerReaderWriter<v1::Answer, v1::Ask>* s) { \
    return Echo(c, s);                                                                           \
  }                                                                                              \
  grpc::ServerBidiReactor<v1::Ask, v1::Answer>* CallbackCalls::Method(Context* c) {              \
    return new EchoReactor(c);                                                                   \
  }
TF_BIDI(Bidi)
TF_BIDI(OpenBidi)
TF_BIDI(PeersBidi)
#undef TF_BIDI

grpc::Status SyncCalls::ClientStream(Context* c, grpc::ServerReader<v1::Ask>* reader,
                                     v1::Answer* answer) {
  v1::Ask ask;
  Observe(*c, ask, answer);
  while (reader->Read(&ask)) {
  }
  return grpc::Status::OK;
}

grpc::Status SyncCalls::ServerStream(Context* c, const v1::Ask* ask,
                                     grpc::ServerWriter<v1::Answer>* writer) {
  v1::Answer answer;
  Observe(*c, *ask, &answer);
  writer->Write(answer);
  return grpc::Status::OK;
}

grpc::ServerReadReactor<v1::Ask>* CallbackCalls::ClientStream(Context* c, v1::Answer* answer) {
  return new ReadReactor(c, answer);
}

grpc::ServerWriteReactor<v1::Answer>* CallbackCalls::ServerStream(Context* c, const v1::Ask* ask) {
  return new WriteReactor(c, ask);
}

}  // namespace tokenforge::testing
