// Guesser: somebody who calls the façade through a gateway that it trusts (/gateway), from any
// address they like; and everything that they are told.
//
// Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <string>

#include "lib/errors/errors.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace tokenforge::auth::testing {

struct Told {
  grpc::Status status;
  std::map<std::string, std::string> trailing;  // but for what names the call itself

  errors::Reason reason() const;
  // Code, text, details and metadata in one text, to be compared.
  std::string all() const;
};

class Guesser {
 public:
  explicit Guesser(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::AuthService::NewStub(channel)) {}

  Told Login(const std::string& email, const std::string& password,
             const std::string& address) const;
  Told Register(const std::string& email, const std::string& address) const;
  Told Refresh(const std::string& token) const;

 private:
  template <class Request, class Response>
  Told Call(grpc::Status (v1::AuthService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                          Response*),
            const Request& request, const std::string& address) const;

  std::unique_ptr<v1::AuthService::Stub> stub_;
};

}  // namespace tokenforge::auth::testing
