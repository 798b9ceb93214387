// Where audit events come from: AdminService, page by page, or a file that `tokenforge audit
// export` wrote.
//
// Used by one thread; blocks.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "lib/audit/event.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"

namespace tokenforge::cli {

// Is given each event in turn; false ends the walk.
using TakeEvent = std::function<bool(const audit::Event&)>;

// Every event of the listing that `first` begins, as AdminService gives them. The access token is
// sent with each call and kept nowhere.
absl::Status ForEachEvent(auth::v1::AdminService::StubInterface& admin,
                          const std::string& access_token, auth::v1::ListAuditEventsRequest first,
                          const TakeEvent& take);

// Every line of an export. INVALID_ARGUMENT, naming the line, when one is no event.
absl::Status ForEachLine(std::istream& lines, const TakeEvent& take);

}  // namespace tokenforge::cli
