#include "tests/services/auth/guesser.h"

#include <chrono>

#include "lib/rpc/status.h"
#include "tests/fakes/details.h"
#include "tests/services/auth/facade_fixture.h"

namespace tokenforge::auth::testing {

errors::Reason Told::reason() const { return ReasonOf(status); }

std::string Told::all() const {
  std::string text = std::to_string(status.error_code()) + "\n" + status.error_message() + "\n" +
                     (status.ok() ? "" : fakes::DetailsOfAnyCall(status.error_details())) + "\n";
  for (const auto& [name, value] : trailing) text += name + ": " + value + "\n";
  return text;
}

template <class Request, class Response>
Told Guesser::Call(grpc::Status (v1::AuthService::Stub::*method)(grpc::ClientContext*,
                                                                 const Request&, Response*),
                   const Request& request, const std::string& address) const {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!address.empty()) context.AddMetadata("x-forwarded-for", address);
  Response response;
  Told told;
  told.status = ((*stub_).*method)(&context, request, &response);
  for (const auto& [name, value] : context.GetServerTrailingMetadata()) {
    told.trailing.emplace(std::string(name.data(), name.size()),
                          std::string(value.data(), value.size()));
  }
  for (const char* of_the_call : {"x-request-id", "traceparent", "grpc-status-details-bin"}) {
    told.trailing.erase(of_the_call);
  }
  return told;
}

Told Guesser::Login(const std::string& email, const std::string& password,
                    const std::string& address) const {
  v1::LoginRequest request;
  request.set_email(email);
  request.set_password(password);
  return Call(&v1::AuthService::Stub::Login, request, address);
}

Told Guesser::Register(const std::string& email, const std::string& address) const {
  v1::RegisterRequest request;
  request.set_email(email);
  request.set_password(kPassword);
  return Call(&v1::AuthService::Stub::Register, request, address);
}

Told Guesser::Refresh(const std::string& token) const {
  v1::RefreshRequest request;
  request.set_refresh_token(token);
  return Call(&v1::AuthService::Stub::Refresh, request, "");
}

}  // namespace tokenforge::auth::testing
