// The status page of this process, when it is configured.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/auth/status/collector.h"

namespace tokenforge::rpc {
class Process;
}

namespace tokenforge::auth::status {

// Serves /status from now on, also while the façade waits for the services behind it. The collector
// runs, and ends when the process closes or the caller lets it go. Null, and no page, when
// `token_file` is empty; INVALID_FIELD or the file's fault when it will not do.
absl::StatusOr<std::unique_ptr<Collector>> Serve(const std::string& token_file, const Parts& parts,
                                                 rpc::Process& process);

}  // namespace tokenforge::auth::status
