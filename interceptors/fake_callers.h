// Where the testing library (tokenforge/testing/fake_caller.h) gives CallerOf its callers.
//
// Null in every program that does not link the testing library, which is an archive of its own: a
// server cannot come by a made-up Caller. Thread-safe.
#pragma once

#include <atomic>

#include "tokenforge/caller.h"

namespace tokenforge::internal {

using FakeLookUp = Caller (*)(const grpc::ServerContextBase& context);
inline std::atomic<FakeLookUp> fake_look_up = nullptr;

}  // namespace tokenforge::internal
