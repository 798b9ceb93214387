#include "tests/system/visible_answer.h"

#include <ostream>
#include <set>

#include "tests/fakes/details.h"

namespace tokenforge::systemtest {
namespace {

void Gather(const std::multimap<grpc::string_ref, grpc::string_ref>& from,
            std::multimap<std::string, std::string>& to) {
  static const std::set<std::string> kOfEachCall = {"traceparent", "tracestate", "baggage",
                                                    "x-request-id"};
  for (const auto& [name, value] : from) {
    const std::string key(name.data(), name.size());
    if (!kOfEachCall.contains(key)) to.emplace(key, std::string(value.data(), value.size()));
  }
}

}  // namespace

VisibleAnswer VisibleOf(const grpc::Status& status, const grpc::ClientContext& context) {
  VisibleAnswer answer{
      .code = status.error_code(),
      .text = status.error_message(),
      .details = status.ok() ? "" : fakes::DetailsOfAnyCall(status.error_details()),
      .metadata = {},
      .response = {}};
  Gather(context.GetServerInitialMetadata(), answer.metadata);
  Gather(context.GetServerTrailingMetadata(), answer.metadata);
  // The details are in the metadata too, as gRPC sends them.
  answer.metadata.erase("grpc-status-details-bin");
  return answer;
}

std::ostream& operator<<(std::ostream& to, const VisibleAnswer& answer) {
  to << "code " << answer.code << " \"" << answer.text << "\", " << answer.details.size()
     << " bytes of details, " << answer.response.size() << " of an answer;";
  for (const auto& [name, value] : answer.metadata) to << " " << name << "=" << value;
  return to;
}

}  // namespace tokenforge::systemtest
