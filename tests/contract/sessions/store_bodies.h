// The bodies of SessionStore that the contract suite runs on, and sessions to put into them.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "lib/redis/client.h"
#include "services/sessions/session_store_memory.h"
#include "services/sessions/session_store_redis.h"
#include "tests/fakes/fake_clock.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::sessions {

// A store of one kind and whatever it stands on.
class StoreBody {
 public:
  virtual ~StoreBody() = default;
  virtual SessionStore& store() = 0;
};

class MemoryBody final : public StoreBody {
 public:
  explicit MemoryBody(Policy policy) : store_(policy) {}
  SessionStore& store() override { return store_; }

 private:
  SessionStoreMemory store_;
};

// The store may do what the user `sessions` of the ACL file that ships may do, and no more.
class RedisBody final : public StoreBody {
 public:
  explicit RedisBody(Policy policy, std::vector<std::string> settings = {})
      : server_(fakes::AclUsers(), std::move(settings)),
        stores_own_(redis::Open(fakes::As("sessions", fakes::OptionsFor(server_.address())))),
        client_(redis::Open(fakes::OptionsFor(server_.address()))),
        store_(stores_own_.get(), policy) {}
  SessionStore& store() override { return store_; }
  fakes::RedisServer& server() { return server_; }
  // A client of the test's own, which may do everything.
  redis::Client& client() { return *client_; }
  // After a kill: both know. Then, after a start: both are back.
  void AwaitLost() const {
    while (stores_own_->Connected() || client_->Connected()) std::this_thread::yield();
  }
  void AwaitConnected() const {
    while (!stores_own_->Connected() || !client_->Connected()) std::this_thread::yield();
  }

 private:
  fakes::RedisServer server_;
  std::unique_ptr<redis::Client> stores_own_;
  std::unique_ptr<redis::Client> client_;
  SessionStoreRedis store_;
};

inline Time NowOf(const clock::Clock& clock) {
  return std::chrono::floor<std::chrono::milliseconds>(clock.Now());
}

inline Moment MomentOf(const clock::Clock& clock) {
  return {NowOf(clock), fakes::In(std::chrono::seconds(30))};
}

// A session that begins now.
inline Session NewSession(uuid::Uuid user, Time now) {
  Session session;
  session.user = user;
  session.id = uuid::Uuid::Random();
  session.lineage.created = now;
  session.client = "spiffe://example.test/app";
  session.device = {"phone", "agent/1.0", "192.0.2.1"};
  session.amr = {"pwd"};
  return session;
}

inline Presented TokenOf(const Session& session, uint32_t generation) {
  return {session.user, session.id, generation, session.client, {}};
}

// Everything that the log holds live, sorted, each once.
inline std::vector<Revocation> WholeLog(SessionStore& store, Moment moment) {
  std::vector<Revocation> all;
  LogCursor cursor;
  for (bool more = true; more;) {
    const LogPage page = fakes::Finish(store.ReadLog(cursor, moment)).value();
    all.insert(all.end(), page.revocations.begin(), page.revocations.end());
    cursor = page.cursor;
    more = page.more;
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace tokenforge::sessions
