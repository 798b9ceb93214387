// audit list, export, verify: the audit log, as an administrator.
#include <google/protobuf/util/time_util.h>

#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "cli/audit_json.h"
#include "cli/audit_source.h"
#include "cli/audit_verification.h"
#include "cli/families.h"
#include "cli/logged_in.h"
#include "cli/record.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

using auth::v1::AdminService;
using auth::v1::ListAuditEventsRequest;
using google::protobuf::util::TimeUtil;

constexpr int kPage = 1000;

struct Options {
  LoginOptions login;
  std::string user_id, kind, since, until;
  std::int64_t limit = 100;
  std::string input, after;
  std::vector<std::string> expect;
};

void DeclareFilter(config::Parser& parser, Options& options) {
  parser.String("user-id", &options.user_id, "", "Only events about this user");
  parser.String("kind", &options.kind, "", "Only events of this kind, such as login.failed");
  parser.String("since", &options.since, "", "Not before this time, such as 2027-01-15T08:00:00Z");
  parser.String("until", &options.until, "", "Before this time");
}

absl::Status ReadTime(const std::string& name, const std::string& text,
                      google::protobuf::Timestamp* into) {
  if (TimeUtil::FromString(text, into)) return absl::OkStatus();
  return UsageError(name + " must be a time such as 2027-01-15T08:00:00Z");
}

absl::StatusOr<ListAuditEventsRequest> RequestOf(const Options& options) {
  ListAuditEventsRequest request;
  request.set_page_size(kPage);
  request.set_user_id(options.user_id);
  request.set_kind(options.kind);
  absl::Status read;
  if (!options.since.empty())
    read.Update(ReadTime("since", options.since, request.mutable_since()));
  if (!options.until.empty())
    read.Update(ReadTime("until", options.until, request.mutable_until()));
  if (!read.ok()) return read;
  return request;
}

// Walks over what AdminService lists.
absl::Status Walk(const Options& options, const Invocation& call,
                  const ListAuditEventsRequest& request, const TakeEvent& take) {
  const auto session = LoggedIn::Open(options.login, call);
  if (!session.ok()) return session.status();
  if (absl::Status fresh = (*session)->KeepFresh(); !fresh.ok()) return fresh;
  return ForEachEvent((*session)->admin(), (*session)->tokens().access_token(), request, take);
}

absl::StatusOr<ExitCode> List(const Options& options, const Invocation& call) {
  const absl::StatusOr<ListAuditEventsRequest> request = RequestOf(options);
  if (!request.ok()) return request.status();
  std::int64_t left = options.limit;
  const absl::Status walked = Walk(options, call, *request, [&](const audit::Event& event) {
    call.out << JsonLineOf(event) << '\n';
    return --left > 0 && call.out.good();
  });
  if (!walked.ok()) return walked;
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Export(const Options& options, const Invocation& call) {
  absl::StatusOr<ListAuditEventsRequest> request = RequestOf(options);
  if (!request.ok()) return request.status();
  const bool all = options.user_id.empty() && options.kind.empty() && !request->has_since() &&
                   !request->has_until();
  if (all) request->set_after_sequence(0);
  const absl::Status walked = Walk(options, call, *request, [&](const audit::Event& event) {
    call.out << JsonLineOf(event) << '\n';
    return call.out.good();
  });
  if (!walked.ok()) return walked;
  return ExitCode::kDone;
}

absl::StatusOr<audit::Link> ReadLink(const std::string& text) {
  if (const auto link = audit::ParseLink(text)) return *link;
  return UsageError("a link must be SEQUENCE:HASH, as verify prints it");
}

absl::StatusOr<AuditVerification> VerificationOf(const Options& options) {
  const absl::StatusOr<audit::Link> after = ReadLink(options.after);
  if (!after.ok()) return after.status();
  std::vector<audit::Link> expected;
  for (const std::string& text : options.expect) {
    const absl::StatusOr<audit::Link> link = ReadLink(text);
    if (!link.ok()) return link.status();
    expected.push_back(*link);
  }
  return AuditVerification(*after, std::move(expected));
}

absl::Status WalkChain(const Options& options, const Invocation& call, const TakeEvent& take) {
  const std::int64_t after = audit::ParseLink(options.after)->sequence;
  if (options.input.empty()) {
    ListAuditEventsRequest request;
    request.set_page_size(kPage);
    request.set_after_sequence(after);
    return Walk(options, call, request, take);
  }
  std::ifstream file(options.input);
  if (!file) return UsageError(options.input + " cannot be read");
  const absl::Status read = ForEachLine(
      file, [&](const audit::Event& event) { return event.sequence <= after || take(event); });
  return read.ok() ? read : WithExitCode(read, ExitCode::kUsage);
}

absl::StatusOr<ExitCode> Verify(const Options& options, const Invocation& call) {
  absl::StatusOr<AuditVerification> verification = VerificationOf(options);
  if (!verification.ok()) return verification.status();
  const absl::Status walked = WalkChain(
      options, call, [&](const audit::Event& event) { return verification->Take(event); });
  if (!walked.ok()) return walked;
  const auto fault = verification->Fault();
  const std::string link = audit::TextOf(verification->head());
  if (call.json) {
    Record record;
    record.Number("events", verification->events())
        .Text("last", link)
        .Truth("whole", !fault.has_value());
    Show(record, true, call.out);
  }
  const std::string good =
      std::to_string(verification->events()) + " events are whole; the last one is " + link + "\n";
  if (fault) {
    call.err << call.program << ": THE LOG IS NOT WHAT IT WAS: " << *fault << "\n" << good;
    return ExitCode::kNotAsItShould;
  }
  if (!call.json) call.out << good;
  return ExitCode::kDone;
}

// An export needs nobody's login.
using Body = absl::StatusOr<ExitCode> (*)(const Options& options, const Invocation& call);
using Own = void (*)(config::Parser& parser, Options& options);

std::function<Run(config::Parser&)> With(Own own, Body body) {
  return [own, body](config::Parser& parser) -> Run {
    auto options = std::make_shared<Options>();
    own(parser, *options);
    DeclareAdministrator(parser, &options->login);
    return [options, body](const Invocation& call) { return body(*options, call); };
  };
}

void DeclareList(config::Parser& parser, Options& options) {
  DeclareFilter(parser, options);
  parser.Integer("limit", &options.limit, 100, "At most so many events", 1, 1'000'000);
}

void DeclareVerify(config::Parser& parser, Options& options) {
  parser.Path("input", &options.input, "", "An export to check instead of the log itself");
  parser.String("after", &options.after, "0:", "Begin behind this link, known to be good");
  parser.StringList("expect", &options.expect, {},
                    "Links that the log must hold, as an earlier verify or the service's log "
                    "printed them");
}

}  // namespace

std::vector<Command> AuditCommands() {
  constexpr char kGroup[] = "Administrators";
  return {{.name = "audit list",
           .group = kGroup,
           .summary = "the newest security events, one JSON object a line",
           .examples = {{"tokenforge audit list --kind=login.failed --limit=20",
                         "the last failed logins"}},
           .declare = With(DeclareList, List)},
          {.name = "audit export",
           .group = kGroup,
           .summary = "every event as JSON Lines; all of them in the chain's order",
           .examples = {{"tokenforge audit export > audit.jsonl", "all of the log, to be kept"}},
           .declare = With(DeclareFilter, Export)},
          {.name = "audit verify",
           .group = kGroup,
           .summary = "check that nothing was changed, removed, put in or moved",
           .examples = {{"tokenforge audit verify --input=audit.jsonl", "an export, offline"}},
           .declare = With(DeclareVerify, Verify)}};
}

}  // namespace tokenforge::cli
