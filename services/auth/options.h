// What the libraries that the façade is made of are configured with, out of its Config. Pure
// functions.
#pragma once

#include <memory>

#include "lib/operators/http_server.h"
#include "services/auth/config.h"
#include "tokenforge/guard.h"

namespace tokenforge::auth {

operators::HttpOptions HttpOptionsOf(const Config& config);
GuardOptions GuardOptionsOf(const Config& config, std::shared_ptr<Trust> trust);

}  // namespace tokenforge::auth
