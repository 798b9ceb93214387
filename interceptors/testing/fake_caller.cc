#include "tokenforge/testing/fake_caller.h"

#include <map>
#include <memory>
#include <utility>

#include "interceptors/caller_maker.h"
#include "interceptors/fake_callers.h"
#include "lib/sync/mutex.h"

namespace tokenforge::testing {
namespace {

struct Fakes {
  sync::Mutex mutex;
  std::multimap<const grpc::ServerContextBase*, Caller> callers ABSL_GUARDED_BY(mutex);
};

Fakes& All() {
  static auto* const all = new Fakes;
  return *all;
}

Caller LookUp(const grpc::ServerContextBase& context) {
  Fakes& all = All();
  sync::MutexLock lock(&all.mutex);
  const auto end = all.callers.upper_bound(&context);
  const bool known = all.callers.count(&context) > 0;
  return known ? std::prev(end)->second : Caller();
}

}  // namespace

Caller MakeCaller(const CallerSpec& spec) {
  std::shared_ptr<VerifiedClaims> claims;
  if (!spec.subject.empty()) {
    claims = std::make_shared<VerifiedClaims>();
    claims->subject = spec.subject;
    claims->session_id = spec.session_id;
    claims->token_id = spec.token_id;
    claims->client_id = spec.client_id;
    claims->email = spec.email;
    claims->issuer = spec.issuer;
    claims->key_id = spec.key_id;
    claims->audiences = spec.audiences;
    claims->roles = spec.roles;
    claims->scopes = spec.scopes;
    claims->authentication_methods = spec.authentication_methods;
    claims->issue_time = spec.issue_time;
    claims->expire_time = spec.expire_time;
    claims->authentication_time = spec.authentication_time;
  }
  std::shared_ptr<const std::string> peer;
  if (!spec.peer.empty()) peer = std::make_shared<const std::string>(spec.peer);
  return internal::CallerMaker::Make(std::move(claims), std::move(peer));
}

FakeCaller::FakeCaller(const grpc::ServerContextBase& context, const CallerSpec& spec)
    : context_(&context) {
  Fakes& all = All();
  sync::MutexLock lock(&all.mutex);
  all.callers.emplace(context_, MakeCaller(spec));
  internal::fake_look_up.store(&LookUp, std::memory_order_release);
}

FakeCaller::~FakeCaller() {
  Fakes& all = All();
  sync::MutexLock lock(&all.mutex);
  all.callers.erase(std::prev(all.callers.upper_bound(context_)));
}

}  // namespace tokenforge::testing
