// The handler of imports: reads rows as fast as batches are stored, and no faster.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "lib/rpc/read_stream.h"
#include "lib/rpc/server_call.h"
#include "services/users/messages.h"
#include "services/users/user_service.h"

namespace tokenforge::users {
namespace {

using Rows = rpc::ReadStream<v1::ImportUsersRequest>;

// What is before 1970 or far ahead becomes a time that CheckImport refuses: a clock that counts
// nanoseconds ends in 2262.
clock::WallTime TimeOf(const google::protobuf::Timestamp& time) {
  constexpr std::int64_t kFarthest = 9'000'000'000;  // in 2255
  const std::int64_t seconds = std::clamp<std::int64_t>(time.seconds(), -1, kFarthest);
  return clock::WallTime(std::chrono::seconds(seconds)) +
         std::chrono::duration_cast<clock::WallTime::duration>(
             std::chrono::nanoseconds(std::clamp(time.nanos(), 0, 999'999'999)));
}

ImportForm FormOf(const v1::ImportUsersRequest& row) {
  const v1::User& user = row.user();
  std::optional<clock::WallTime> created;
  if (user.has_create_time()) created = TimeOf(user.create_time());
  return {.user_id = user.user_id(),
          .email = user.email(),
          .email_verified = user.email_verified(),
          .given_name = user.given_name(),
          .family_name = user.family_name(),
          .roles = {user.roles().begin(), user.roles().end()},
          .scopes = {user.scopes().begin(), user.scopes().end()},
          .disabled = user.disabled(),
          .create_time = created,
          .password_hash = row.password_hash()};
}

void ToProto(const ImportTally& tally, v1::ImportUsersResponse* response) {
  response->set_imported(tally.stored);
  response->set_present(tally.present);
  response->set_refused(tally.refused);
  for (const ImportFault& fault : tally.faults) {
    v1::ImportUsersResponse::Fault* const told = response->add_faults();
    told->set_row(fault.row);
    told->set_reason(fault.reason);
    told->set_description(fault.description);
  }
  // What the database refused was known later than what a look showed.
  std::sort(response->mutable_faults()->begin(), response->mutable_faults()->end(),
            [](const auto& one, const auto& other) { return one.row() < other.row(); });
}

async::Task<absl::Status> Import(const AccountImport& import,
                                 const grpc::CallbackServerContext& context, Rows& rows,
                                 v1::ImportUsersResponse* response) {
  const rpc::ServerCall call(context);
  v1::ImportUsersRequest row;
  std::optional<ImportRun> run;
  for (;;) {
    async::Task<bool> reading = rows.Next(&row);
    if (!co_await std::move(reading)) break;
    if (!run) run.emplace(import.Begin(OriginOf(context, row.origin())));
    run->Take(FormOf(row));
    if (!run->full()) continue;
    async::Task<absl::Status> storing = run->Store(call.deadline());
    if (absl::Status stored = co_await std::move(storing); !stored.ok()) co_return stored;
  }
  // Whoever went away in the middle gets no answer: what was not stored yet is sent again.
  if (call.Cancelled()) co_return absl::OkStatus();
  if (!run) co_return absl::OkStatus();
  async::Task<absl::Status> storing = run->Store(call.deadline());
  if (absl::Status stored = co_await std::move(storing); !stored.ok()) co_return stored;
  ToProto(run->tally(), response);
  co_return absl::OkStatus();
}

}  // namespace

grpc::ServerReadReactor<v1::ImportUsersRequest>* UserService::ImportUsers(
    Context* context, v1::ImportUsersResponse* response) {
  auto flow = [this, context, response](Rows& rows) {
    return Import(flows_.import, *context, rows, response);
  };
  return rpc::ServeReads<v1::ImportUsersRequest>(context, flow);
}

}  // namespace tokenforge::users
