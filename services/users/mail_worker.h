// MailWorker: sends what waits in the outbox, with threads of its own, and forgets tokens that
// expired.
//
// A mail is claimed for as long as one try may take, made (a token is made now, and its hash stored
// before it leaves), sent, and then removed. A process that dies in between leaves a mail that some
// replica claims again once the lease has ended: none is lost. A mail is sent twice only when the
// process dies, or the connection breaks, after the server took it and before that was stored; then
// both have one Message-ID, and both tokens work until one is used.
//
// What fails is tried again after 10 s, then twice as long each time up to 15 min (each spread by
// half, so that replicas and mails do not come together), until it is too old. What the server
// refuses for good is given up. Both are log lines (without the address) and
// tokenforge_mails_total{result}: sent, retried, refused, expired, dropped (no mail server is
// configured, or nobody has the address), registered.
//
// The threads run from Start to Stop. What the constructor is given outlives this object.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/metrics.h"
#include "services/users/mail_composer.h"
#include "services/users/mail_transport.h"
#include "services/users/outbox_store.h"

namespace tokenforge::users {

class MailWorker {
 public:
  struct Options {
    int threads = 2;
    std::chrono::milliseconds poll{250};      // how often the outbox is looked at when it is idle
    std::chrono::milliseconds lease{60'000};  // longer than one try may take
    bool verify_new_emails = true;  // whether whoever registered is asked to verify their address
    std::chrono::milliseconds max_age{24 * 3'600'000};
    std::chrono::milliseconds first_retry{10'000};
    std::chrono::milliseconds last_retry{15 * 60'000};
  };
  // A reset mail that comes later than this after it was asked for helps nobody but a thief.
  static constexpr std::chrono::minutes kMaxResetAge{60};

  // Without a transport (null) every mail is dropped, and private registrations still happen.
  MailWorker(OutboxStore& outbox, MailTransport* transport, MailStyle style,
             const clock::Clock& clock, const Options& options);
  ~MailWorker();
  MailWorker(const MailWorker&) = delete;
  MailWorker& operator=(const MailWorker&) = delete;

  void Start();
  // Takes no new mail, gives those under way `grace`, and then breaks them off. Harmless when
  // called again.
  void Stop(std::chrono::milliseconds grace = std::chrono::seconds(5));

  // One look at the outbox, on the calling thread: false when there was nothing to do. For tests.
  bool WorkOnce();

 private:
  void Housekeeping();
  // What becomes of a claimed mail: the `result` label; "" when a claim or the database was lost.
  const char* Handle(const QueuedMail& mail);
  const char* Register(const QueuedMail& mail);
  const char* SendNow(const QueuedMail& mail);
  const char* Finish(const QueuedMail& mail, const char* result);
  const char* Later(const QueuedMail& mail, const Delivery& delivery);
  bool IsTooOld(const QueuedMail& mail) const;

  OutboxStore& outbox_;
  MailTransport* const transport_;
  const MailStyle style_;
  const clock::Clock& clock_;
  const Options options_;
  const telemetry::CounterFamily mails_;
  const telemetry::Gauge waiting_;
  const telemetry::Gauge oldest_;

  sync::Mutex mutex_;
  sync::CondVar stop_or_end_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_;
};

}  // namespace tokenforge::users
