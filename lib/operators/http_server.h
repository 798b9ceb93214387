// A small HTTP/1.1 server for a few fixed GET paths: operators' ports, and auth's /.well-known
// documents.
//
// It is not for traffic of users: few threads, short timeouts, bodies of requests refused, each
// path known beforehand. With a certificate it serves TLS 1.2 and later, and takes up new files at
// the next handshake after they changed; files that do not fit together are passed over and the
// former pair stays.
//
// Handlers run on the server's threads, several at once, and must not block; an exception in one is
// answered with 500. Start and Stop are called by one owner; the destructor stops. Each open
// connection holds one thread: a port that strangers can reach wants more threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace tokenforge::operators {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string path = {};     // without the query
  HttpHeaders headers = {};  // names in lower case

  // The first value of a header (name in lower case), or "".
  std::string_view Header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers = {};  // Content-Type belongs here; default text/plain; charset=utf-8
  std::string body = {};
};

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

struct HttpOptions {
  std::string address = "127.0.0.1:0";  // host:port; port 0 takes a free one
  std::size_t threads = 2;
  std::chrono::milliseconds read_timeout{2000};
  std::chrono::milliseconds write_timeout{5000};
  std::string certificate_file = {};  // PEM chain and key; both or none
  std::string key_file = {};
};

class HttpServer {
 public:
  explicit HttpServer(HttpOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Answers GET and HEAD of exactly this path from now on; at any time, from any thread. It lives
  // until another one takes its path or the server goes, and no shorter than a call of it.
  void Handle(std::string path, HttpHandler handler);

  // Binds, then serves on threads of its own. INVALID_ARGUMENT for a bad address or certificate,
  // UNAVAILABLE when the port cannot be had.
  absl::Status Start();

  // The port bound; 0 before Start.
  int port() const;

  // Closes the port, lets running handlers finish, and joins the threads. Harmless when not
  // started.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokenforge::operators
