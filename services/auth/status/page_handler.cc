#include "services/auth/status/page_handler.h"

#include <utility>

#include "lib/telemetry/metrics.h"
#include "services/auth/status/page.h"
#include "services/auth/status/style.h"

namespace tokenforge::auth::status {
namespace {

using operators::HttpRequest;
using operators::HttpResponse;

struct Answers {
  telemetry::CounterFamily family{
      "tokenforge_status_page_total", "Requests for the status page, by the answer", {"result"}};
  telemetry::Counter shown = family.With({"shown"});
  telemetry::Counter asked = family.With({"asked"});
  telemetry::Counter refused = family.With({"refused"});
};

struct Page {
  Page(std::shared_ptr<const Board> shown, Access proof)
      : board(std::move(shown)), access(std::move(proof)) {}

  const std::shared_ptr<const Board> board;
  const Access access;
  const operators::HttpHeaders headers = SecurityHeaders();
  const Answers answers = {};

  HttpResponse Answer(const HttpRequest& request) const {
    HttpResponse response{.status = 200, .headers = headers, .body = {}};
    const std::string_view proof = request.Header("authorization");
    if (!access.Admits(proof)) {
      (proof.empty() ? answers.asked : answers.refused).Increment();
      response.status = 401;
      response.headers.emplace_back("WWW-Authenticate",
                                    "Basic realm=\"TokenForge status\", charset=\"UTF-8\"");
      response.body = "the token of status-token-file is needed, as a password\n";
      return response;
    }
    answers.shown.Increment();
    response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
    response.body = DrawPage(board->Look(),
                             {std::chrono::system_clock::now(), std::chrono::steady_clock::now()});
    return response;
  }
};

}  // namespace

operators::HttpHandler PageHandler(std::shared_ptr<const Board> board, Access access) {
  const auto page = std::make_shared<const Page>(std::move(board), std::move(access));
  return [page](const HttpRequest& request) { return page->Answer(request); };
}

}  // namespace tokenforge::auth::status
