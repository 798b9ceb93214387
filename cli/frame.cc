#include "cli/frame.h"

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string_view>

#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/help.h"
#include "cli/profiles.h"
#include "cli/record.h"
#include "lib/config/values.h"
#include "lib/errors/errors.h"

namespace tokenforge::cli {
namespace {

using Words = std::vector<std::string>;

struct CommonSettings {
  std::string profile, profiles_file;
  bool json = false;
};

Run DeclareAll(const Command& command, config::Parser& parser, CommonSettings* common,
               bool file_named = false) {
  parser.Group("Settings");
  const bool for_file = file_named && command.declare_for_file != nullptr;
  Run run = for_file ? command.declare_for_file(parser) : command.declare(parser);
  if (command.raw != nullptr) return run;
  parser.Group("For every command");
  if (command.json) {
    parser.Bool("json", &common->json, false, "One JSON object a line, for scripts");
  }
  parser.String("profile", &common->profile, "",
                "Section of the file of profiles to take defaults from");
  parser.Path("profiles-file", &common->profiles_file, "",
              "That file, instead of ~/.config/tokenforge/config");
  return run;
}

Words WordsOf(std::string_view name) {
  Words words;
  while (!name.empty()) {
    const std::size_t blank = std::min(name.find(' '), name.size());
    words.emplace_back(name.substr(0, blank));
    name.remove_prefix(std::min(blank + 1, name.size()));
  }
  return words;
}

bool BeginsWith(const Words& words, const Words& name) {
  return words.size() >= name.size() && std::equal(name.begin(), name.end(), words.begin());
}

struct Found {
  const Command* command = nullptr;
  std::size_t words = 0;  // of its name
};

// The command with the longest name that the words begin with.
Found Find(const std::vector<Command>& commands, const Words& words) {
  Found found;
  for (const Command& command : commands) {
    Words names = command.aliases;
    names.push_back(command.name);
    for (const std::string& name : names) {
      const Words parts = WordsOf(name);
      if (BeginsWith(words, parts) && parts.size() > found.words) found = {&command, parts.size()};
    }
  }
  return found;
}

// Variables that another command reads are none of this one's business: the Parser would warn.
config::Environment EnvironmentFor(const std::vector<Command>& commands,
                                   const std::vector<config::SettingInfo>& settings,
                                   config::Environment environment) {
  if (std::ranges::none_of(environment, [](const auto& variable) {
        return variable.first.starts_with("TOKENFORGE_");
      })) {
    return environment;
  }
  std::set<std::string> elsewhere;
  for (const Command& command : commands) {
    for (const config::SettingInfo& setting : SettingsOf(command)) {
      elsewhere.insert(setting.environment);
    }
  }
  for (const config::SettingInfo& setting : settings) elsewhere.erase(setting.environment);
  std::erase_if(environment,
                [&](const auto& variable) { return elsewhere.contains(variable.first); });
  return environment;
}

std::optional<std::string> WrongOperands(const Command& command, const Words& operands) {
  const auto& declared = command.operands;
  const auto needed = static_cast<std::size_t>(
      std::ranges::count_if(declared, [](const Operand& one) { return one.needed; }));
  if (operands.size() < needed) return declared[operands.size()].name + " is missing";
  const bool many = !declared.empty() && declared.back().many;
  if (operands.size() > declared.size() && !many) {
    return "unexpected argument " + Printable(operands[declared.size()]);
  }
  return std::nullopt;
}

ExitCode RunRaw(const Command& command, const std::string& program, const Words& words,
                const Console& console) {
  std::vector<const char*> argv = {program.c_str()};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return static_cast<ExitCode>(
      command.raw(static_cast<int>(argv.size()), argv.data(), console.out, console.err));
}

ExitCode Report(const std::string& program, const absl::StatusOr<ExitCode>& came,
                std::ostream& err) {
  if (came.ok()) return *came;
  Complain(program, came.status(), err);
  return ExitCodeOf(came.status());
}

ExitCode RunCommand(const std::vector<Command>& commands, const Command& command,
                    const Words& words, const config::Environment& environment,
                    const Console& console) {
  const std::string program = "tokenforge " + command.name;
  config::Parser parser(program, command.summary);
  CommonSettings common;
  const bool file_named =
      Peek(words, "config-file") || environment.contains("TOKENFORGE_CONFIG_FILE");
  const Run run = DeclareAll(command, parser, &common, file_named);
  const Arguments arguments = Split(words, parser.Settings());
  if (arguments.help) {
    console.out << HelpOf(command, parser.Settings());
    return ExitCode::kDone;
  }
  if (command.raw != nullptr) return RunRaw(command, program, words, console);
  const absl::StatusOr<Profile> profile = ReadProfile(arguments.flags, environment);
  if (!profile.ok()) return Report(program, profile.status(), console.err);
  for (const ProfileLine& line : profile->lines) {
    parser.SetFallback(line.name, line.value, line.where);
  }
  std::vector<const char*> argv = {program.c_str()};
  for (const std::string& flag : arguments.flags) argv.push_back(flag.c_str());
  const config::Outcome read = parser.Parse(
      static_cast<int>(argv.size()), argv.data(),
      EnvironmentFor(commands, parser.Settings(), environment), console.out, console.err);
  if (!read.run) return static_cast<ExitCode>(read.exit_code);
  if (const auto wrong = WrongOperands(command, arguments.operands)) {
    return Report(program, UsageError(*wrong + "\n" + UsageLineOf(command)), console.err);
  }
  return Report(program,
                run({.program = program,
                     .operands = arguments.operands,
                     .json = common.json,
                     .profile = profile->name,
                     .folder = profile->folder,
                     .in = console.in,
                     .out = console.out,
                     .err = console.err}),
                console.err);
}

ExitCode Unknown(const std::vector<Command>& commands, const Words& words, std::ostream& err) {
  std::string typed;
  for (const std::string& word : words) {
    if (word.starts_with("-")) break;
    typed += (typed.empty() ? "" : " ") + word;
  }
  err << "tokenforge: there is no command " << Printable(typed);
  const Words near = NearestCommands(commands, typed);
  if (!near.empty()) err << "; did you mean " << config::JoinWords(near, ", or ") << "?";
  err << "\ntokenforge help lists what there is.\n";
  return ExitCode::kUsage;
}

}  // namespace

std::vector<config::SettingInfo> SettingsOf(const Command& command) {
  config::Parser parser("tokenforge " + command.name, command.summary);
  CommonSettings common;
  DeclareAll(command, parser, &common);
  return parser.Settings();
}

void Complain(const std::string& program, const absl::Status& error, std::ostream& err) {
  std::ostringstream text;  // one write: a reader must not take a part of it for a prompt
  text << program << ": " << std::string(error.message().data(), error.message().size());
  if (errors::ReasonOf(error)) text << " (" << Outcome(error) << ")";
  if (const auto after = errors::RetryAfterOf(error)) {
    text << "; again in " << config::FormatDuration(*after);
  }
  text << '\n';
  for (const errors::FieldFault& fault : errors::FaultsOf(error)) {
    text << "  " << Printable(fault.field) << ": " << Printable(fault.description) << '\n';
  }
  err << text.str() << std::flush;
}

ExitCode RunCommandLine(const std::vector<Command>& commands, const Words& words,
                        const config::Environment& environment, const Console& console) {
  Words rest = words;
  const bool asks = !rest.empty() && (rest[0] == "help" || rest[0] == "--help" || rest[0] == "-h");
  if (asks) {
    rest.erase(rest.begin());
    if (!rest.empty()) rest.emplace_back("--help");
  }
  if (rest.empty()) {
    (asks ? console.out : console.err) << HelpOf(commands, {});
    return asks ? ExitCode::kDone : ExitCode::kUsage;
  }
  if (rest[0] == "--version") rest[0] = "version";
  if (const Found found = Find(commands, rest); found.command != nullptr) {
    const Words after(rest.begin() + static_cast<std::ptrdiff_t>(found.words), rest.end());
    return RunCommand(commands, *found.command, after, environment, console);
  }
  // "admin", "admin --help", "admin help": a family of commands.
  const std::string help = HelpOf(commands, rest);
  if (help.empty()) return Unknown(commands, rest, console.err);
  const bool helped = rest.back() == "--help" || rest.back() == "-h" || rest.back() == "help";
  (helped ? console.out : console.err) << help;
  return helped ? ExitCode::kDone : ExitCode::kUsage;
}

}  // namespace tokenforge::cli
