#include "lib/operators/http_server.h"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <future>
#include <map>
#include <optional>
#include <thread>

#include "lib/operators/tls_context.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/log.h"

namespace tokenforge::operators {
namespace {

struct HostPort {
  std::string host;
  int port;
};

std::optional<HostPort> SplitAddress(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const std::string_view digits = address.substr(colon + 1);
  int port = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 0 || port > 65535) {
    return std::nullopt;
  }
  return HostPort{std::string(host), port};
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

void Fill(const HttpResponse& from, httplib::Response* to) {
  to->status = from.status;
  std::string type = "text/plain; charset=utf-8";
  for (const auto& [name, value] : from.headers) {
    if (Lower(name) == "content-type") {
      type = value;
    } else {
      to->set_header(name, value);
    }
  }
  // 304 describes the document that the client has; a body of ours would not belong to it.
  if (from.status != 304) to->set_content(from.body, type);
}

HttpResponse Plain(int status, std::string body) {
  return {.status = status, .headers = {}, .body = std::move(body)};
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &HttpHeaders::value_type::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

struct HttpServer::State {
  HttpOptions options;
  mutable sync::Mutex mutex;
  std::map<std::string, HttpHandler, std::less<>> handlers ABSL_GUARDED_BY(mutex);
  std::unique_ptr<TlsContext> tls;
  std::unique_ptr<httplib::Server> server;
  std::thread acceptor;
  int port = 0;

  absl::Status MakeServer();
  absl::Status Bind();
  void Configure(std::promise<void>* accepting);
  HttpResponse Answer(const httplib::Request& request) const;
  HttpHandler HandlerOf(const std::string& path) const;  // empty: there is none
};

absl::Status HttpServer::State::MakeServer() {
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return absl::InvalidArgumentError("a certificate file and a key file come together");
  }
  if (options.certificate_file.empty()) {
    server = std::make_unique<httplib::Server>();
    return absl::OkStatus();
  }
  auto loaded = TlsContext::Load(options.certificate_file, options.key_file);
  if (!loaded.ok()) return loaded.status();
  tls = *std::move(loaded);
  const std::function<bool(SSL_CTX&)> attach = [this](SSL_CTX& context) {
    tls->Attach(&context);
    return true;
  };
  server = std::make_unique<httplib::SSLServer>(attach);
  return server->is_valid() ? absl::OkStatus() : absl::InternalError("TLS cannot be set up");
}

absl::Status HttpServer::State::Bind() {
  const std::optional<HostPort> address = SplitAddress(options.address);
  if (!address.has_value()) {
    return absl::InvalidArgumentError("not an address of the form host:port: " + options.address);
  }
  if (address->port == 0) {
    port = server->bind_to_any_port(address->host);
  } else {
    port = server->bind_to_port(address->host, address->port) ? address->port : -1;
  }
  if (port > 0) return absl::OkStatus();
  port = 0;
  return absl::UnavailableError("cannot listen on " + options.address +
                                ": the port is taken or the address is not this machine's");
}

void HttpServer::State::Configure(std::promise<void>* accepting) {
  server->new_task_queue = [this, accepting] {
    accepting->set_value();
    return new httplib::ThreadPool(std::max<std::size_t>(options.threads, 1));
  };
  // cpp-httplib would set SO_REUSEPORT, with which a second process shares the port unnoticed.
  server->set_socket_options([](socket_t socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  });
  server->set_tcp_nodelay(true);
  server->set_keep_alive_max_count(1);
  server->set_read_timeout(options.read_timeout);
  server->set_write_timeout(options.write_timeout);
  server->set_payload_max_length(1024);
  server->set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        // A Range would be cut out of whatever is answered, many times over if it is asked for:
        // documents here are whole.
        const_cast<httplib::Request&>(request).ranges.clear();
        Fill(Answer(request), &response);
        return httplib::Server::HandlerResponse::Handled;
      });
}

HttpHandler HttpServer::State::HandlerOf(const std::string& path) const {
  const sync::MutexLock lock(&mutex);
  const auto found = handlers.find(path);
  return found == handlers.end() ? HttpHandler() : found->second;
}

HttpResponse HttpServer::State::Answer(const httplib::Request& request) const {
  const HttpHandler handler = HandlerOf(request.path);
  if (!handler) return Plain(404, "not found\n");
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse refusal = Plain(405, "only GET and HEAD\n");
    refusal.headers.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }
  HttpRequest given{.path = request.path, .headers = {}};
  for (const auto& [name, value] : request.headers) given.headers.emplace_back(Lower(name), value);
  try {
    return handler(given);
  } catch (const std::exception& error) {
    telemetry::Log(telemetry::Level::kError, "an HTTP handler failed",
                   {{"path", request.path}, {"cause", error.what()}});
  } catch (...) {
    telemetry::Log(telemetry::Level::kError, "an HTTP handler failed", {{"path", request.path}});
  }
  return Plain(500, "internal error\n");
}

HttpServer::HttpServer(HttpOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::Handle(std::string path, HttpHandler handler) {
  const sync::MutexLock lock(&state_->mutex);
  state_->handlers[std::move(path)] = std::move(handler);
}

absl::Status HttpServer::Start() {
  if (state_->acceptor.joinable()) return absl::FailedPreconditionError("serving already");
  if (absl::Status made = state_->MakeServer(); !made.ok()) return made;
  std::promise<void> accepting;
  state_->Configure(&accepting);
  if (absl::Status bound = state_->Bind(); !bound.ok()) {
    state_->server.reset();
    return bound;
  }
  state_->acceptor = std::thread([server = state_->server.get()] { server->listen_after_bind(); });
  // A stop before the accept loop runs would be lost.
  accepting.get_future().wait();
  return absl::OkStatus();
}

int HttpServer::port() const { return state_->port; }

void HttpServer::Stop() {
  if (!state_->acceptor.joinable()) return;
  state_->server->stop();
  state_->acceptor.join();
  state_->server.reset();
  state_->port = 0;
}

}  // namespace tokenforge::operators
