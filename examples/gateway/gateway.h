// Gateway: turns a browser's forms and cookies into calls of the façade. It keeps nothing: whoever
// is logged in has two cookies, so any replica can answer, and a restart logs nobody out.
//
//   GET  /          a page: the forms, or "you are logged in"
//   POST /register  email, password, given_name, family_name
//   POST /login     email, password           → /, or /code when a second factor is due
//   POST /code      code
//   GET  /me        JSON: who calls, by WhoAmI with the person's access token
//   POST /logout
//
// A refusal is `reason: message` with the HTTP status of its kind and Retry-After when the façade
// says when to come again. Thread-safe.
#pragma once

#include <httplib.h>

#include <memory>
#include <string>

#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace gateway {

namespace auth = tokenforge::auth::v1;

class Gateway {
 public:
  // `origin`: how browsers reach us, "https://example.org". Forms of other sites are refused.
  Gateway(const std::shared_ptr<grpc::Channel>& facade, std::string origin);

  // The gateway must outlive the server.
  void Serve(httplib::Server& server);

 private:
  using Handler = void (Gateway::*)(const httplib::Request&, httplib::Response&);
  httplib::Server::Handler Get(Handler handler);
  httplib::Server::Handler Form(Handler handler);

  void Home(const httplib::Request& request, httplib::Response& response);
  void Register(const httplib::Request& request, httplib::Response& response);
  void Login(const httplib::Request& request, httplib::Response& response);
  void Code(const httplib::Request& request, httplib::Response& response);
  void Me(const httplib::Request& request, httplib::Response& response);
  void Logout(const httplib::Request& request, httplib::Response& response);

  const std::unique_ptr<auth::AuthService::Stub> facade_;
  const std::string origin_;
};

}  // namespace gateway
