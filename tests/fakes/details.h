// What an error tells beside its code and text, for tests that compare two answers.
#pragma once

#include <stdexcept>
#include <string>

#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::fakes {

// Without google.rpc.RequestInfo, whose random IDs name the one call. Throws when there is none:
// its absence could tell two answers apart, too.
inline std::string DetailsOfAnyCall(const std::string& error_details) {
  errors::v1::RpcStatus details;
  if (!details.ParseFromString(error_details)) throw std::runtime_error("no details");
  auto& all = *details.mutable_details();
  for (int i = all.size() - 1; i >= 0; --i) {
    if (!all[i].type_url().ends_with("/google.rpc.RequestInfo")) continue;
    all.DeleteSubrange(i, 1);
    return details.SerializeAsString();
  }
  throw std::runtime_error("an error without RequestInfo");
}

}  // namespace tokenforge::fakes
