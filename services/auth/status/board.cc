#include "services/auth/status/board.h"

namespace tokenforge::auth::status {

void Board::Change(const std::function<void(Facts&)>& change) {
  const sync::MutexLock lock(&mutex_);
  change(facts_);
}

Facts Board::Look() const {
  const sync::MutexLock lock(&mutex_);
  return facts_;
}

}  // namespace tokenforge::auth::status
