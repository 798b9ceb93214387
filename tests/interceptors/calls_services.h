// The service of calls.proto, synchronous and with callbacks: both answer what they saw, and count
// their runs.
#pragma once

#include <atomic>

#include "calls.grpc.pb.h"

namespace tokenforge::testing {

// What every handler does: counts, throws when asked to, and writes down who called.
void Observe(const grpc::ServerContextBase& context, const v1::Ask& ask, v1::Answer* answer);
int HandlerRuns();  // of all services of this process

class SyncCalls final : public v1::Calls::Service {
  using Context = grpc::ServerContext;
  using Status = grpc::Status;

 public:
  Status Unary(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Status ClientStream(Context* c, grpc::ServerReader<v1::Ask>* reader, v1::Answer* answer) override;
  Status ServerStream(Context* c, const v1::Ask* ask, grpc::ServerWriter<v1::Answer>* w) override;
  Status Bidi(Context* c, grpc::ServerReaderWriter<v1::Answer, v1::Ask>* stream) override;
  Status OpenBidi(Context* c, grpc::ServerReaderWriter<v1::Answer, v1::Ask>* stream) override;
  Status PeersBidi(Context* c, grpc::ServerReaderWriter<v1::Answer, v1::Ask>* stream) override;
  Status Open(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Status Admin(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Status Scoped(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Status Peers(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Status AdminPeers(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Status Billing(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Status Fresh(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
};

class CallbackCalls final : public v1::Calls::CallbackService {
  using Context = grpc::CallbackServerContext;
  using Unary_ = grpc::ServerUnaryReactor;

 public:
  Unary_* Unary(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  grpc::ServerReadReactor<v1::Ask>* ClientStream(Context* c, v1::Answer* answer) override;
  grpc::ServerWriteReactor<v1::Answer>* ServerStream(Context* c, const v1::Ask* ask) override;
  grpc::ServerBidiReactor<v1::Ask, v1::Answer>* Bidi(Context* c) override;
  grpc::ServerBidiReactor<v1::Ask, v1::Answer>* OpenBidi(Context* c) override;
  grpc::ServerBidiReactor<v1::Ask, v1::Answer>* PeersBidi(Context* c) override;
  Unary_* Open(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Unary_* Admin(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Unary_* Scoped(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Unary_* Peers(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Unary_* AdminPeers(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Unary_* Billing(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
  Unary_* Fresh(Context* c, const v1::Ask* ask, v1::Answer* answer) override;
};

}  // namespace tokenforge::testing
