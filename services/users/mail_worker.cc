#include "services/users/mail_worker.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include "lib/telemetry/log.h"
#include "lib/telemetry/random.h"
#include "services/users/await_task.h"
#include "services/users/mail_intents.h"
#include "services/users/private_registration.h"

namespace tokenforge::users {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using telemetry::Level;

constexpr std::chrono::seconds kDatabasePatience(10);
constexpr std::chrono::seconds kHousekeeping(5);
constexpr int kMostRemovals = 50;  // a time, each of some expired tokens

constexpr const char* kLost = "";  // no result: the claim will end, and the mail come up again

Deadline Soon() { return steady_clock::now() + kDatabasePatience; }

void LogMail(Level level, std::string_view what, const QueuedMail& mail, const Delivery& delivery) {
  telemetry::Log(level, what,
                 {{"mail", mail.id},
                  {"kind", mail.intent.kind},
                  {"attempts", mail.attempts},
                  {"smtp_code", delivery.code},
                  {"detail", delivery.detail}});
}

// Half to one and a half of it.
milliseconds Spread(milliseconds span) {
  return span / 2 + milliseconds(telemetry::NextRandom() %
                                 static_cast<std::uint64_t>(std::max<long>(1, span.count())));
}

}  // namespace

MailWorker::MailWorker(OutboxStore& outbox, MailTransport* transport, MailStyle style,
                       const clock::Clock& clock, const Options& options)
    : outbox_(outbox),
      transport_(transport),
      style_(std::move(style)),
      clock_(clock),
      options_(options),
      mails_("tokenforge_mails_total", "Mails of the outbox, by what became of them", {"result"}),
      waiting_(
          telemetry::GaugeFamily("tokenforge_mail_outbox", "Mails that wait to be sent").With()),
      oldest_(telemetry::GaugeFamily("tokenforge_mail_outbox_age_seconds",
                                     "How long the oldest mail has waited")
                  .With()) {}

MailWorker::~MailWorker() { Stop(); }

void MailWorker::Start() {
  {
    sync::MutexLock lock(&mutex_);
    running_ = options_.threads;
  }
  for (int i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this, housekeeper = i == 0] {
      auto next_housekeeping = steady_clock::now();
      for (;;) {
        if (housekeeper && steady_clock::now() >= next_housekeeping) {
          Housekeeping();
          next_housekeeping = steady_clock::now() + kHousekeeping;
        }
        const bool worked = WorkOnce();
        sync::MutexLock lock(&mutex_);
        if (!stopping_ && !worked)
          stop_or_end_.WaitUntil(&mutex_, steady_clock::now() + options_.poll);
        if (!stopping_) continue;
        --running_;
        stop_or_end_.NotifyAll();
        return;
      }
    });
  }
}

void MailWorker::Stop(milliseconds grace) {
  const auto patience = steady_clock::now() + grace;
  {
    sync::MutexLock lock(&mutex_);
    stopping_ = true;
    stop_or_end_.NotifyAll();
    while (running_ > 0 && stop_or_end_.WaitUntil(&mutex_, patience)) {
    }
  }
  if (transport_ != nullptr) transport_->Abort();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool MailWorker::WorkOnce() {
  try {
    const clock::WallTime now = clock_.Now();
    const auto claimed = AwaitTask(outbox_.Claim(Soon(), now, now + options_.lease));
    if (!claimed.ok() || !*claimed) return false;
    const std::string_view result = Handle(**claimed);
    if (result != kLost) mails_.With({result}).Increment();
    return true;
  } catch (const std::exception&) {
    // Its text may hold what was bound to a statement.
    telemetry::Log(Level::kError, "a mail could not be worked on");
    return false;
  }
}

void MailWorker::Housekeeping() {
  const clock::WallTime now = clock_.Now();
  const auto depth = AwaitTask(outbox_.Depth(Soon()));
  if (depth.ok()) {
    waiting_.Set(static_cast<double>(depth->mails));
    oldest_.Set(depth->oldest ? std::chrono::duration<double>(now - *depth->oldest).count() : 0);
  }
  for (int i = 0; depth.ok() && i < kMostRemovals; ++i) {
    const auto removed = AwaitTask(outbox_.RemoveExpiredTokens(Soon(), now));
    if (!removed.ok() || *removed == 0) return;
  }
}

const char* MailWorker::Handle(const QueuedMail& mail) {
  if (!mail.legible) {
    LogMail(Level::kError, "a mail was given up: its row in mail_outbox cannot be read", mail, {});
    return Finish(mail, "dropped");
  }
  if (mail.intent.kind == mail_kinds::kRegistration) return Register(mail);
  const bool unasked = mail.intent.kind == mail_kinds::kVerifyNewEmail;
  if (transport_ == nullptr || (unasked && !options_.verify_new_emails)) {
    return Finish(mail, "dropped");
  }
  if (IsTooOld(mail)) {
    LogMail(Level::kWarning, "a mail was given up: it is too old", mail, {});
    return Finish(mail, "expired");
  }
  return SendNow(mail);
}

bool MailWorker::IsTooOld(const QueuedMail& mail) const {
  const bool reset = mail.intent.kind == mail_kinds::kPasswordReset;
  const milliseconds limit =
      reset ? std::min<milliseconds>(options_.max_age, kMaxResetAge) : options_.max_age;
  return clock_.Now() - mail.intent.create_time > limit;
}

const char* MailWorker::Register(const QueuedMail& mail) {
  std::optional<NotedRegistration> noted = NotedIn(mail, clock_.Now());
  if (!noted) return Finish(mail, "dropped");
  const absl::Status registered = AwaitTask(outbox_.Register(
      Soon(), mail, std::move(noted->account), std::move(noted->created), std::move(noted->taken)));
  return registered.ok() ? "registered" : kLost;
}

const char* MailWorker::SendNow(const QueuedMail& mail) {
  secret::Secret token;
  const clock::WallTime now = clock_.Now();
  if (const auto purpose = TokenOf(mail.intent.kind)) {
    token = NewToken(*purpose);
    const auto recipient = AwaitTask(outbox_.PutToken(
        Soon(), mail, *purpose, *HashOf(*purpose, token.Expose()), now + style_.LifeOf(*purpose)));
    if (!recipient.ok()) return kLost;
    const bool wanted = *recipient && !(*purpose == TokenPurpose::kEmailVerification &&
                                        (*recipient)->email_verified);
    if (!wanted) return Finish(mail, "dropped");
  }
  const absl::StatusOr<MailEnvelope> envelope = Compose(style_, mail, token, now);
  if (!envelope.ok()) {
    LogMail(Level::kError, "a mail was given up: it could not be written", mail, {});
    return Finish(mail, "dropped");
  }
  const Delivery delivery = transport_->Send(*envelope);
  if (delivery.result == Delivery::kSent) return Finish(mail, "sent");
  if (delivery.result == Delivery::kUnsent) return Later(mail, delivery);
  LogMail(Level::kError, "a mail was given up: the mail server refuses it", mail, delivery);
  return Finish(mail, "refused");
}

const char* MailWorker::Finish(const QueuedMail& mail, const char* result) {
  const absl::StatusOr<bool> removed = AwaitTask(outbox_.Remove(Soon(), mail));
  if (removed.ok()) return result;
  LogMail(Level::kWarning, "what became of a mail could not be stored", mail,
          {.code = 0, .detail = result});
  return result;
}

const char* MailWorker::Later(const QueuedMail& mail, const Delivery& delivery) {
  const int doublings = std::min(mail.attempts - 1, 16);
  const milliseconds wait =
      Spread(std::min(options_.last_retry, options_.first_retry * (1L << std::max(0, doublings))));
  LogMail(Level::kWarning, "a mail was not sent and will be tried again", mail, delivery);
  const auto postponed = AwaitTask(outbox_.Postpone(Soon(), mail, clock_.Now() + wait));
  return postponed.ok() ? "retried" : kLost;
}

}  // namespace tokenforge::users
