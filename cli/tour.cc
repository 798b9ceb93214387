#include "cli/tour.h"

#include <chrono>
#include <thread>

#include "absl/strings/escaping.h"
#include "cli/client.h"
#include "cli/report.h"
#include "lib/errors/errors.h"
#include "lib/secret/random.h"

namespace tokenforge::cli {
namespace {

namespace reasons = errors::reasons;
using auth::v1::Tokens;

constexpr std::chrono::seconds kRefusedWithin{10};
constexpr std::chrono::milliseconds kAskAgain{5};
constexpr const char* kPromise = "TOKEN_REVOKED within 10 s";

std::string Random(std::size_t bytes) { return absl::BytesToHexString(secret::RandomBytes(bytes)); }

std::string Lifetime(const google::protobuf::Timestamp& until) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const auto seconds = until.seconds() - now;
  if (seconds > 2 * 86400) return std::to_string((seconds + 43200) / 86400) + " d";
  return std::to_string((seconds + 30) / 60) + " min";
}

std::string Describe(const Tokens& tokens) {
  return "access token for " + Lifetime(tokens.access_expire_time()) + ", refresh token for " +
         Lifetime(tokens.refresh_expire_time()) + ", session " + tokens.session_id();
}

absl::Status Broken(const std::string& step, const std::string& promised,
                    const absl::Status& came) {
  std::string text =
      step + " did not come out as promised: expected " + promised + ", got " + Outcome(came);
  if (!came.ok()) text += ": " + std::string(came.message().data(), came.message().size());
  return absl::FailedPreconditionError(text);
}

class Tour {
 public:
  Tour(const TourOptions& options, std::shared_ptr<grpc::Channel> auth,
       std::shared_ptr<grpc::Channel> notes, std::ostream& out)
      : options_(options), auth_(auth), notes_(std::move(notes)), report_(out) {}

  absl::Status Run() {
    using Step = absl::Status (Tour::*)();
    for (const Step step :
         {&Tour::Register, &Tour::Login, &Tour::CallWithToken, &Tour::CallWithout, &Tour::Refresh,
          &Tour::ReplayAtOnce, &Tour::ReplayAfterUse, &Tour::Logout, &Tour::RefusedEverywhere}) {
      report_.Begin();
      if (absl::Status done = (this->*step)(); !done.ok()) return done;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Register() {
    const auto answer = auth_.Register(email_, password_);
    if (!answer.ok()) return Broken("register", "OK", answer.status());
    report_.End("register " + email_, "user " + answer->user().user_id());
    return absl::OkStatus();
  }

  absl::Status Login() {
    const auto answer = auth_.Login(email_, password_);
    if (!answer.ok()) return Broken("login", "OK", answer.status());
    first_ = answer->tokens();
    report_.End("login", Describe(first_));
    return absl::OkStatus();
  }

  absl::Status CallWithToken() {
    const absl::Status came = CallEmpty(notes_, options_.notes_method, first_.access_token());
    if (!came.ok())
      return Broken("calling " + options_.notes_method + " with the token", "OK", came);
    report_.End("call the example with it", Outcome(came));
    return absl::OkStatus();
  }

  absl::Status CallWithout() {
    const absl::Status came = CallEmpty(notes_, options_.notes_method, "");
    if (errors::ReasonOf(came) != reasons::TOKEN_MISSING) {
      return Broken("calling " + options_.notes_method + " without a token", "TOKEN_MISSING", came);
    }
    report_.End("call the example without", Outcome(came));
    return absl::OkStatus();
  }

  absl::Status Refresh() {
    const auto answer = auth_.Refresh(first_.refresh_token());
    if (!answer.ok()) return Broken("refresh", "OK", answer.status());
    second_ = *answer;
    report_.End("refresh", Describe(second_));
    return absl::OkStatus();
  }

  // A lost answer or a second tab: the old token gets the same successor, and nothing is lost.
  absl::Status ReplayAtOnce() {
    const auto answer = auth_.Refresh(first_.refresh_token());
    if (!answer.ok())
      return Broken("replaying the old refresh token at once", "OK", answer.status());
    if (answer->refresh_token() != second_.refresh_token()) {
      return absl::FailedPreconditionError(
          "replaying the old refresh token at once forked the session: another successor came "
          "back");
    }
    report_.End("replay the old one at once",
                "OK: the same successor again, as after a lost answer");
    return absl::OkStatus();
  }

  // Once the successor was used, the old token is worth nothing more; within 30 s nobody calls that
  // theft yet.
  absl::Status ReplayAfterUse() {
    const auto used = auth_.Refresh(second_.refresh_token());
    if (!used.ok()) return Broken("using the successor", "OK", used.status());
    const auto answer = auth_.Refresh(first_.refresh_token());
    if (errors::ReasonOf(answer.status()) != reasons::REFRESH_TOKEN_SUPERSEDED) {
      return Broken("replaying the old refresh token after its successor was used",
                    "REFRESH_TOKEN_SUPERSEDED", answer.status());
    }
    report_.End("use the successor, replay again", Outcome(answer.status()));
    report_.Note("within 30 s nothing is revoked; later it is theft, and the sessions end");
    return absl::OkStatus();
  }

  absl::Status Logout() {
    const absl::Status came = auth_.Logout(first_.access_token());
    if (!came.ok()) return Broken("logout", "OK", came);
    logged_out_ = std::chrono::steady_clock::now();
    report_.End("logout", Outcome(came));
    return absl::OkStatus();
  }

  absl::Status RefusedEverywhere() {
    // The façade that was asked to log out refuses at once; another replica of it may be the one
    // that answers here, and hears of it within moments, as the example does.
    const auto facade = Refused([this] { return auth_.WhoAmI(first_.access_token()); });
    if (!facade.ok()) return Broken("calling the façade after logout", kPromise, facade.status());
    const auto example =
        Refused([this] { return CallEmpty(notes_, options_.notes_method, first_.access_token()); });
    if (!example.ok()) {
      return Broken("calling the example after logout", kPromise, example.status());
    }
    report_.End("the old access token", "UNAUTHENTICATED TOKEN_REVOKED");
    report_.Note("by the façade within " + std::to_string(facade->count()) +
                 " ms of the logout, by the example within " + std::to_string(example->count()));
    return absl::OkStatus();
  }

  // Asks until the answer is TOKEN_REVOKED: how long after the logout that was; the last answer's
  // status when it did not come in time.
  template <typename Ask>
  absl::StatusOr<std::chrono::milliseconds> Refused(const Ask& ask) {
    absl::Status answer;
    do {
      answer = ask();
      const auto took = std::chrono::steady_clock::now() - logged_out_;
      if (errors::ReasonOf(answer) == reasons::TOKEN_REVOKED) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(took);
      }
      std::this_thread::sleep_for(kAskAgain);
    } while (std::chrono::steady_clock::now() - logged_out_ < kRefusedWithin);
    return answer.ok() ? absl::UnknownError("it was still let in") : answer;
  }

  const TourOptions& options_;
  AuthClient auth_;
  const std::shared_ptr<grpc::Channel> notes_;
  Report report_;
  const std::string email_ = "tour-" + Random(6) + "@example.org";
  const std::string password_ = Random(16);
  Tokens first_;   // of the login
  Tokens second_;  // of the refresh
  std::chrono::steady_clock::time_point logged_out_;
};

}  // namespace

absl::Status RunTour(const TourOptions& options, std::ostream& out) {
  const std::string base = options.certs + "/";
  const rpc::TlsFiles files{base + options.identity + ".crt", base + options.identity + ".key",
                            base + "ca.crt"};
  const auto auth = Reach(options.auth, files, options.auth_identity);
  if (!auth.ok()) return auth.status();
  const auto notes = Reach(options.notes, files, options.notes_identity);
  if (!notes.ok()) return notes.status();
  return Tour(options, *auth, *notes, out).Run();
}

}  // namespace tokenforge::cli
