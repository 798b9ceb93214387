#include "lib/redis/single_server.h"

#include <hiredis/hiredis.h>

#include <utility>

#include "lib/redis/failures.h"

namespace tokenforge::redis {

SingleServer::SingleServer(SingleEndpoint endpoint, Options options, Observer* observer)
    : options_(std::move(options)),
      loop_(options_.max_outstanding, observer, this),
      pipeline_(loop_.loop(), std::move(endpoint.server), endpoint.database, &options_, this) {
  loop_.Start();
}

SingleServer::~SingleServer() { loop_.Stop(); }

void SingleServer::Run(Command command, clock::SteadyTime deadline, Done done) {
  loop_.Run(std::move(command), deadline, std::move(done));
}

void SingleServer::OnStart() { pipeline_.link().Start(); }

void SingleServer::Submit(std::unique_ptr<Pending> pending) {
  if (pipeline_.Send(&pending)) return loop_.StartTicking();
  if (state_ != State::kFirstAttempt) return loop_.Finish(pending.get(), failures::NotConnected());
  waiting_.push_back(std::move(pending));
  loop_.StartTicking();
}

void SingleServer::OnReply(Pipeline&, std::unique_ptr<Pending> pending, const redisReply* reply) {
  const std::string& label = pending->command.label();
  if (reply == nullptr) {
    return loop_.Finish(pending.get(), failures::ConnectionLost(label, true));
  }
  if (reply->type != REDIS_REPLY_ERROR) return loop_.Finish(pending.get(), CopyOf(*reply));
  loop_.Finish(pending.get(),
               failures::FromServer(label, std::string_view(reply->str, reply->len)));
}

void SingleServer::Flush() { pipeline_.link().Flush(); }

bool SingleServer::Tick() {
  std::erase_if(waiting_, [](const auto& pending) { return !pending->done; });
  const bool owed = pipeline_.Tick();
  return owed || !waiting_.empty();
}

void SingleServer::OnUp(Pipeline&) {
  loop_.NoteLoss();
  state_ = State::kUp;
  if (loop_.observer() != nullptr) loop_.observer()->OnConnection(true, "");
  for (std::unique_ptr<Pending>& pending : std::exchange(waiting_, {})) Submit(std::move(pending));
}

void SingleServer::OnDown(Pipeline&, std::string_view why) {
  state_ = State::kDown;
  if (loop_.observer() != nullptr) loop_.observer()->OnConnection(false, why);
  FinishWaiting(failures::NotConnected());
}

void SingleServer::OnStop() {
  pipeline_.link().Stop();
  FinishWaiting(failures::ClientClosed());
}

void SingleServer::FinishWaiting(const absl::Status& why) {
  for (const std::unique_ptr<Pending>& pending : std::exchange(waiting_, {})) {
    loop_.Finish(pending.get(), why);
  }
}

}  // namespace tokenforge::redis
