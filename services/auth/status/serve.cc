#include "services/auth/status/serve.h"

#include <utility>

#include "lib/rpc/process.h"
#include "services/auth/status/page_handler.h"

namespace tokenforge::auth::status {

absl::StatusOr<std::unique_ptr<Collector>> Serve(const std::string& token_file, const Parts& parts,
                                                 rpc::Process& process) {
  if (token_file.empty()) return nullptr;
  absl::StatusOr<Access> access = Access::FromFile(token_file);
  if (!access.ok()) return access.status();
  const std::shared_ptr<Board> board = NewBoard();
  auto collector = std::make_unique<Collector>(parts, board);
  collector->Start();
  process.ServeToOperators(kPath, PageHandler(board, *std::move(access)));
  process.OnClose("the status page", [&stopped = *collector] { stopped.Stop(); });
  return collector;
}

}  // namespace tokenforge::auth::status
