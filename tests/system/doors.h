// Doors: the public calls at which somebody could try to find out who has an account, each as a
// function of an email.
//
// Why in one place: the test that compares their answers and the benchmark that compares their
// times must knock at the same doors.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/system/visible_answer.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace tokenforge::systemtest {

struct Door {
  const char* name;
  const char* expected;  // the reason of the answer, or "OK": for whoever knocks without knowledge
  std::function<VisibleAnswer(const std::string& email, std::chrono::nanoseconds* took)> knock;
};

// Of a façade with `registration = private`. `stub` outlives them.
std::vector<Door> DoorsOf(auth::v1::AuthService::Stub& stub);

}  // namespace tokenforge::systemtest
