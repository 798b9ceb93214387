// A guarded server of calls.proto in this process, and clients that speak real gRPC to it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "tests/fakes/fake_clock.h"
#include "tests/interceptors/calls_services.h"
#include "tests/interceptors/tokens.h"
#include "tests/lib/rpc/certs.h"
#include "tokenforge/guard.h"

namespace tokenforge::testing {

enum class Api { kSync, kCallback };
enum class Transport { kPlaintext, kMtls };
enum class Kind { kUnary, kClientStream, kServerStream, kBidi };

// How a call ended, as its client saw it.
struct Outcome {
  grpc::Status status;
  std::vector<v1::Answer> answers;
  std::multimap<std::string, std::string> initial, trailing;

  errors::Reason reason() const;  // REASON_UNSPECIFIED when there is none
  std::string Trailer(const std::string& name) const;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;
Metadata Bearer(const std::string& token);

class GuardedServer {
 public:
  // Certificates are made once per process: spiffe://example.org/web, /jobs/nightly, /stranger, and
  // the server's /notes.
  GuardedServer(Api api, Transport transport, GuardOptions options = {});
  ~GuardedServer();

  // A connection of its own for each name; "web" is /web.
  std::shared_ptr<grpc::Channel> Channel(const std::string& peer = "web");

  Outcome Call(Kind kind, const Metadata& metadata = {}, const std::string& text = "hello");
  // A unary method by name, such as "Admin".
  Outcome Call(const std::string& method, const Metadata& metadata = {},
               const std::string& text = "hello", const std::string& peer = "web");

  fakes::FakeClock& clock() { return clock_; }
  Tokens& tokens() { return tokens_; }
  Trust& trust() { return *trust_; }
  Guard& guard() { return *guard_; }

 private:
  fakes::FakeClock clock_;
  Tokens tokens_;
  std::shared_ptr<Trust> trust_;
  const Transport transport_;
  int port_ = 0;
  SyncCalls sync_;
  CallbackCalls callback_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<grpc::Server> server_;
};

Outcome CallOn(const std::shared_ptr<grpc::Channel>& channel, Kind kind, const Metadata& metadata,
               const std::string& text);
// Any path, also one that no server has; `bytes` is the request as it is sent.
Outcome CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                const Metadata& metadata, const std::string& bytes);

// Certificates that every test of this process shares; made when first asked for.
rpc::TlsFiles TestTls(const std::string& name);

}  // namespace tokenforge::testing
