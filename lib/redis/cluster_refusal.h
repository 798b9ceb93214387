// Refusal: what a node of a cluster says when it does not run a command. Private to lib/redis.
// Pure.
//
// Each of these means that the command has not run.
#pragma once

#include <string_view>

#include "lib/redis/endpoint.h"

namespace tokenforge::redis {

struct Refusal {
  enum class Kind {
    kNone,   // it is no refusal of a cluster: an error as of any server
    kMoved,  // the slot is served by `node` from now on
    kAsk,    // the slot is being moved, and this key already is at `node`: ask there, this once
    kWait,   // it passes: half of a script's keys are moved (TRYAGAIN), no majority or nobody
             // serves the slot (CLUSTERDOWN), the node is loading, or is no primary any more
  };
  Kind kind = Kind::kNone;
  int slot = 0;             // of kMoved and kAsk
  ServerAddress node = {};  // of kMoved and kAsk

  // Whether the map of slots may be out of date.
  bool map_is_old = false;
};

// `text` is the error without its leading '-', and what comes over the wire is not trusted: a
// redirection that is not well formed is none. A redirection to "" or "?" is to the host that was
// asked.
Refusal RefusalIn(std::string_view text, const ServerAddress& asked);

}  // namespace tokenforge::redis
