// An echo server, guarded or not: what the guard's cost is measured on. Plain TCP, so that TLS does
// not hide it.
#pragma once

#include <grpcpp/server.h>

#include <memory>
#include <string>

#include "bench/proto/echo.grpc.pb.h"
#include "tokenforge/guard.h"

namespace tokenforge::bench {

inline constexpr char kIssuer[] = "http://127.0.0.1:7080";
inline constexpr char kAudience[] = "tokenforge";

class EchoServer final : public v1::EchoService::CallbackService {
 public:
  // Starts on a free port of 127.0.0.1; `trust` null: without a guard.
  explicit EchoServer(const std::shared_ptr<Trust>& trust);
  // Behind a guard with options of the caller's choice. Ends the process with the reason when it
  // does not start.
  explicit EchoServer(const GuardOptions& options);

  int port() const { return port_; }
  const Guard& guard() const { return *guard_; }

 private:
  void StartGuarded(grpc::ServerBuilder& builder, const GuardOptions& options);
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const v1::EchoRequest* request,
                                 v1::EchoResponse* response) override;

  std::unique_ptr<Guard> guard_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace tokenforge::bench
