// What answers /status on the operators' port.
//
//   200  the page, for whoever sent the token
//   401  everybody else; browsers then ask for it
//
// The handler owns what it needs, so it may outlive the collector, and reads nothing but the board:
// it never waits. tokenforge_status_page_total{result} counts: shown, asked (nothing was sent),
// refused (a wrong token).
#pragma once

#include <memory>

#include "lib/clock/clock.h"
#include "lib/operators/http_server.h"
#include "services/auth/status/access.h"
#include "services/auth/status/board.h"

namespace tokenforge::auth::status {

inline constexpr char kPath[] = "/status";

operators::HttpHandler PageHandler(std::shared_ptr<const Board> board, Access access);

}  // namespace tokenforge::auth::status
