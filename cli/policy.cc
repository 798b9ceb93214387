#include "cli/policy.h"

#include <google/protobuf/descriptor.h>

#include <map>
#include <string_view>
#include <utility>

#include "cli/policy_table.h"
#include "cli/proto_files.h"
#include "interceptors/policy_overlay.h"
#include "interceptors/policy_watch.h"
#include "lib/config/config.h"
#include "tokenforge/guard_options.h"

namespace tokenforge::cli {
namespace {

using Faults = std::vector<errors::FieldFault>;
using Origin = PolicyRow::Origin;

constexpr char kHelp[] =
    "tokenforge policy: prints who may call each method, as the access rules of protos say\n"
    "\n"
    "  tokenforge policy [-I DIR]... [OPTION]... FILE.proto...\n"
    "  tokenforge policy [OPTION]... --descriptor-set FILE\n"
    "\n"
    "  -I, --proto-path DIR    where imports are looked for (default: the current folder)\n"
    "  --descriptor-set FILE   what protoc --include_imports --descriptor_set_out=FILE wrote\n"
    "  --overlay FILE          apply a policy file (GuardOptions::policy_file)\n"
    "  --trust-domain NAME     of peers that are paths (default: example.org)\n"
    "  --json                  one JSON object for scripts\n"
    "\n"
    "Exit code 0: every method has a sound rule. 1: faults, all named. 2: wrong usage.\n";

// Stands for the audiences of the server, which only the server knows.
constexpr char kServersAudience[] = "the server's audiences";

// Reads the arguments; what is wrong, or nothing.
class Arguments {
 public:
  Arguments(int argc, const char* const* argv) : next_(argv + 1), end_(argv + argc) {}

  std::string Read(PolicyOptions& options) {
    while (next_ != end_ && wrong_.empty()) {
      const std::string_view one = *next_++;
      if (one == "--json") {
        options.json = true;
      } else if (Takes(one, "--proto-path") || Takes(one, "-I")) {
        options.import_folders.push_back(value_);
      } else if (Takes(one, "--descriptor-set")) {
        options.descriptor_sets.push_back(value_);
      } else if (Takes(one, "--overlay")) {
        options.overlay = value_;
      } else if (Takes(one, "--trust-domain")) {
        options.trust_domain = value_;
      } else if (one.starts_with("-")) {
        wrong_ = "there is no flag " + std::string(one);
      } else {
        options.protos.emplace_back(one);
      }
    }
    if (wrong_.empty() && options.protos.empty() && options.descriptor_sets.empty()) {
      wrong_ = "name a .proto file or a descriptor set";
    }
    return wrong_;
  }

 private:
  // `--name=value`, `--name value`, and for -I also `-Ivalue`.
  bool Takes(std::string_view one, std::string_view name) {
    if (!one.starts_with(name)) return false;
    std::string_view rest = one.substr(name.size());
    if (rest.empty()) {
      if (next_ == end_) wrong_ = std::string(name) + " needs a value";
      value_ = next_ == end_ ? "" : *next_++;
      return true;
    }
    if (rest[0] == '=') {
      rest.remove_prefix(1);
    } else if (name != "-I") {
      return false;
    }
    value_ = rest;
    return true;
  }

  const char* const* next_;
  const char* const* const end_;
  std::string value_;
  std::string wrong_;
};

internal::PolicyFile ReadOverlay(const std::string& path, Faults& faults) {
  if (path.empty()) return {};
  const absl::StatusOr<std::string> text = internal::ReadPolicyText(path);
  if (text.ok()) return internal::ReadPolicyFile(*text, faults);
  for (errors::FieldFault& fault : errors::FaultsOf(text.status())) {
    faults.push_back(std::move(fault));
  }
  return {};
}

internal::PolicyBase BaseOf(const ProtoFiles& files, Faults& faults) {
  internal::PolicyBase base;
  for (const auto* service : files.services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto& method = *service->method(i);
      base.methods.push_back({internal::NameOf(method), internal::DeclaredFor(method, faults)});
    }
  }
  return base;
}

std::vector<PolicyRow> RowsOf(const internal::PolicyBase& base, const internal::Policy& policy) {
  std::map<std::string, const internal::Override*> overrides;
  for (const internal::Override& one : policy.overrides) overrides.emplace(one.method, &one);
  std::vector<PolicyRow> rows;
  for (std::size_t i = 0; i < base.methods.size(); ++i) {
    PolicyRow& row = rows.emplace_back();
    row.method = base.methods[i].name;
    const auto& declared = base.methods[i].declared;
    if (!declared.rule) continue;
    row.rule = policy.rules[i];
    row.origin = declared.own ? Origin::kMethod : Origin::kService;
    const auto found = overrides.find(row.method);
    if (found == overrides.end()) continue;
    row.origin = Origin::kFile;
    row.line = found->second->line;
    row.looser = found->second->looser;
    row.because = found->second->because;
  }
  return rows;
}

}  // namespace

int RunPolicy(const PolicyOptions& options, std::ostream& out, std::ostream& err) {
  Faults faults;
  ProtoFiles files(options.import_folders);
  for (const std::string& path : options.protos) files.AddProto(path, faults);
  for (const std::string& path : options.descriptor_sets) files.AddDescriptorSet(path, faults);
  if (files.services().empty() && faults.empty()) {
    faults.push_back({"protos", "declare no service"});
  }
  internal::PolicySetting setting;
  setting.trust_domain = options.trust_domain.empty() ? "example.org" : options.trust_domain;
  setting.audiences = {kServersAudience};
  setting.max_stale = GuardOptions().max_stale;
  const internal::PolicyBase base = BaseOf(files, faults);
  const internal::PolicyFile overlay = ReadOverlay(options.overlay, faults);
  const internal::Policy policy = internal::LayOver(base, overlay, setting, faults);
  for (std::size_t i = 0; i < base.methods.size(); ++i) {
    internal::Compile(policy.rules[i], base.methods[i].name, setting.trust_domain, faults);
  }
  const std::vector<PolicyRow> rows = RowsOf(base, policy);
  options.json ? PrintJson(rows, faults, out) : PrintTable(rows, out);
  PrintFaults(faults, err);
  return faults.empty() ? 0 : 1;
}

int Policy(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--help" && std::string_view(argv[i]) != "-h") continue;
    out << kHelp;
    return 0;
  }
  PolicyOptions options;
  const std::string wrong = Arguments(argc, argv).Read(options);
  if (wrong.empty()) return RunPolicy(options, out, err);
  err << "tokenforge policy: " << wrong << "\n\n" << kHelp;
  return 2;
}

Command PolicyCommand() {
  return {.name = "policy",
          .group = "Reviewers",
          .summary = "print who may call each method of a set of protos",
          .operands = {{.name = "FILE.proto",
                        .help = "Protos with services",
                        .needed = false,
                        .many = true,
                        .file = true}},
          .examples = {{"tokenforge policy -I proto proto/notes.proto --overlay=policy.json",
                        "with the rules of an overlay applied"},
                       {"tokenforge policy --descriptor-set=notes.binpb --json",
                        "from what a build made, for a script"}},
          .declare = [](config::Parser& parser) -> Run {
            auto options = std::make_shared<PolicyOptions>();
            parser.StringList("proto-path", &options->import_folders, {},
                              "Where imports are looked for (also -I DIR)");
            parser.StringList("descriptor-set", &options->descriptor_sets, {},
                              "What protoc --include_imports --descriptor_set_out=FILE wrote");
            parser.Path("overlay", &options->overlay, "",
                        "Apply a policy file (GuardOptions::policy_file)");
            parser.String("trust-domain", &options->trust_domain, "example.org",
                          "Of peers that are paths");
            parser.Bool("json", &options->json, false, "One JSON object for scripts");
            return nullptr;
          },
          .raw = Policy};
}

}  // namespace tokenforge::cli
