// The stylesheet of the status page, and what a browser is told to allow it: nothing else.
#pragma once

#include <string>

#include "lib/operators/http_server.h"
#include "services/auth/status/html.h"

namespace tokenforge::auth::status {

// Light and dark after the reader's choice, on paper without frames, on a phone in one column.
Literal Stylesheet();

// Of every answer under /status. The content policy allows this one stylesheet, by its hash, and an
// icon that is in the page itself: no script, no frame, no form, nothing from anywhere else.
operators::HttpHeaders SecurityHeaders();

}  // namespace tokenforge::auth::status
