#include "cli/audit.h"

#include <google/protobuf/util/time_util.h>
#include <grpcpp/channel.h>

#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "cli/audit_json.h"
#include "cli/audit_source.h"
#include "cli/audit_verification.h"
#include "cli/client.h"
#include "lib/config/config.h"
#include "lib/secret/file.h"

namespace tokenforge::cli {
namespace {

using auth::v1::AdminService;
using auth::v1::ListAuditEventsRequest;
using google::protobuf::util::TimeUtil;

constexpr int kNotDone = 1, kNotUnderstood = 2, kNotWhole = 3;
constexpr int kPage = 1000;
constexpr std::string_view kHelp =
    "tokenforge audit: reads the audit log as an administrator\n"
    "\n"
    "  tokenforge audit list     the newest events, one a line\n"
    "  tokenforge audit export   every event as JSON Lines; all of them in the chain's order\n"
    "  tokenforge audit verify   check that nothing was changed, removed, put in or moved\n"
    "\n"
    "Exit codes: 0 done; 1 not done; 2 not understood; 3 the log is not what it was.\n"
    "Each has --help, which lists its flags.\n";

struct Options {
  std::string auth, auth_identity, certs, identity, token_file;
  std::string user_id, kind, since, until;
  std::int64_t limit = 100;
  std::string input, after;
  std::vector<std::string> expect;
};

void DeclareReach(config::Parser& parser, Options& options) {
  parser.Address("auth", &options.auth, "127.0.0.1:7443", "The façade");
  parser.String("auth-identity", &options.auth_identity, "/auth",
                "Its SPIFFE ID, or its path in our trust domain");
  parser.Path("certs", &options.certs, ".dev/certs",
              "Folder with our certificate and key, and ca.crt");
  parser.String("identity", &options.identity, "app", "Name of our certificate and key there");
  parser.Path("token-file", &options.token_file, "",
              "File of mode 0600 with an administrator's access token");
}

void DeclareFilter(config::Parser& parser, Options& options) {
  parser.String("user-id", &options.user_id, "", "Only events about this user");
  parser.String("kind", &options.kind, "", "Only events of this kind, such as login.failed");
  parser.String("since", &options.since, "", "Not before this time, such as 2027-01-15T08:00:00Z");
  parser.String("until", &options.until, "", "Before this time");
}

absl::Status ReadTime(const std::string& name, const std::string& text,
                      google::protobuf::Timestamp* into) {
  if (TimeUtil::FromString(text, into)) return absl::OkStatus();
  return absl::InvalidArgumentError(name + " must be a time such as 2027-01-15T08:00:00Z");
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
absl::Status Walk(const Options& options, const ListAuditEventsRequest& request,
                  const TakeEvent& take) {
  const absl::StatusOr<secret::Secret> token = secret::ReadLine(options.token_file);
  if (!token.ok()) return token.status();
  const std::string base = options.certs + "/";
  const rpc::TlsFiles files{base + options.identity + ".crt", base + options.identity + ".key",
                            base + "ca.crt"};
  const auto channel = Reach(options.auth, files, options.auth_identity);
  if (!channel.ok()) return channel.status();
  const auto admin = AdminService::NewStub(*channel);
  return ForEachEvent(*admin, std::string(token->Expose()), request, take);
}

int NotDone(std::ostream& err, const absl::Status& status) {
  err << "tokenforge audit: " << std::string(status.message().data(), status.message().size())
      << std::endl;
  return absl::IsInvalidArgument(status) ? kNotUnderstood : kNotDone;
}

int List(const Options& options, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<ListAuditEventsRequest> request = RequestOf(options);
  if (!request.ok()) return NotDone(err, request.status());
  std::int64_t left = options.limit;
  const absl::Status walked = Walk(options, *request, [&](const audit::Event& event) {
    out << JsonLineOf(event) << '\n';
    return --left > 0;
  });
  return walked.ok() ? 0 : NotDone(err, walked);
}

int Export(const Options& options, std::ostream& out, std::ostream& err) {
  absl::StatusOr<ListAuditEventsRequest> request = RequestOf(options);
  if (!request.ok()) return NotDone(err, request.status());
  const bool all = options.user_id.empty() && options.kind.empty() && !request->has_since() &&
                   !request->has_until();
  if (all) request->set_after_sequence(0);
  const absl::Status walked = Walk(options, *request, [&](const audit::Event& event) {
    out << JsonLineOf(event) << '\n';
    return out.good();
  });
  if (!walked.ok()) return NotDone(err, walked);
  out.flush();
  return out.good() ? 0 : NotDone(err, absl::UnknownError("the output cannot be written"));
}

absl::StatusOr<audit::Link> ReadLink(const std::string& text) {
  if (const auto link = audit::ParseLink(text)) return *link;
  return absl::InvalidArgumentError("a link must be SEQUENCE:HASH, as verify prints it");
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

absl::Status WalkChain(const Options& options, const TakeEvent& take) {
  const std::int64_t after = audit::ParseLink(options.after)->sequence;
  if (options.input.empty()) {
    ListAuditEventsRequest request;
    request.set_page_size(kPage);
    request.set_after_sequence(after);
    return Walk(options, request, take);
  }
  std::ifstream file(options.input);
  if (!file) return absl::NotFoundError(options.input + " cannot be read");
  return ForEachLine(
      file, [&](const audit::Event& event) { return event.sequence <= after || take(event); });
}

int Verify(const Options& options, std::ostream& out, std::ostream& err) {
  absl::StatusOr<AuditVerification> verification = VerificationOf(options);
  if (!verification.ok()) return NotDone(err, verification.status());
  const absl::Status walked =
      WalkChain(options, [&](const audit::Event& event) { return verification->Take(event); });
  if (!walked.ok()) return NotDone(err, walked);
  const std::string good = std::to_string(verification->events()) +
                           " events are whole; the last one is " +
                           audit::TextOf(verification->head());
  if (const auto fault = verification->Fault()) {
    err << "tokenforge audit verify: THE LOG IS NOT WHAT IT WAS: " << *fault << "\n"
        << good << "\n";
    return kNotWhole;
  }
  out << good << "\n";
  return 0;
}

}  // namespace

int Audit(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  Options options;
  config::Parser parser("tokenforge audit " + std::string(command), "Reads the audit log.");
  DeclareReach(parser, options);
  if (command == "list" || command == "export") DeclareFilter(parser, options);
  if (command == "list") {
    parser.Integer("limit", &options.limit, 100, "At most so many events", 1, 1'000'000);
  } else if (command == "verify") {
    parser.Path("input", &options.input, "", "An export to check instead of the log itself");
    parser.String("after", &options.after, "0:", "Begin behind this link, known to be good");
    parser.StringList("expect", &options.expect, {},
                      "Links that the log must hold, as an earlier verify or the service's log "
                      "printed them");
  } else if (command != "export") {
    const bool asked = command == "--help" || command == "-h" || command == "help";
    (asked ? out : err) << kHelp;
    return asked ? 0 : kNotUnderstood;
  }
  const auto outcome = parser.Parse(argc - 1, argv + 1);
  if (!outcome.run) return outcome.exit_code;
  if (options.input.empty() && options.token_file.empty()) {
    return NotDone(err, absl::InvalidArgumentError("--token-file is needed"));
  }
  if (command == "list") return List(options, out, err);
  if (command == "export") return Export(options, out, err);
  return Verify(options, out, err);
}

}  // namespace tokenforge::cli
