#include "cli/help.h"

#include <algorithm>

#include "lib/config/values.h"

namespace tokenforge::cli {
namespace {

constexpr std::string_view kOpening =
    "tokenforge: the command line of TokenForge\n"
    "\n"
    "Usage: tokenforge COMMAND [--flag=value …]\n";
constexpr std::string_view kClosing =
    "\n`tokenforge help COMMAND` or `tokenforge COMMAND --help` lists its flags, with examples.\n";

std::string Padded(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

std::string ExitCodes() {
  std::string text = "\nExit codes:\n";
  for (const ExitMeaning& each : kExitMeanings) {
    text += "  " + std::to_string(static_cast<int>(each.code)) + "  " + std::string(each.meaning) +
            "\n";
  }
  return text;
}

std::string Describe(const config::SettingInfo& setting) {
  std::string text = "  --" + setting.name + (setting.is_bool ? "" : "=" + setting.kind);
  text += "\n      " + setting.help + "\n      ";
  if (setting.required) {
    text += "required";
  } else if (setting.is_bool && setting.fallback == "false") {
    text += "off";
  } else {
    text += setting.fallback.empty() ? "no default" : "default " + setting.fallback;
  }
  return text + "; " + setting.environment + "\n";
}

std::vector<const Command*> Named(const std::vector<Command>& commands,
                                  const std::string& beginning) {
  std::vector<const Command*> named;
  for (const Command& command : commands) {
    if (beginning.empty() || command.name.starts_with(beginning + " ")) named.push_back(&command);
  }
  return named;
}

}  // namespace

std::string HelpOf(const std::vector<Command>& commands, std::vector<std::string> words) {
  while (!words.empty() &&
         (words.back() == "help" || words.back() == "--help" || words.back() == "-h")) {
    words.pop_back();
  }
  const std::vector<const Command*> named = Named(commands, config::JoinWords(words, " "));
  if (named.empty()) return "";
  std::size_t widest = 0;
  for (const Command* command : named) widest = std::max(widest, command->name.size());
  std::string text(kOpening);
  std::string group;
  for (const Command* command : named) {
    if (command->group != group) text += "\n" + command->group + ":\n";
    group = command->group;
    text += "  " + Padded(command->name, widest) + "  " + command->summary + "\n";
  }
  return text + ExitCodes() + std::string(kClosing);
}

std::string HelpOf(const Command& command, const std::vector<config::SettingInfo>& settings) {
  std::string text =
      "tokenforge " + command.name + ": " + command.summary + "\n\n" + UsageLineOf(command) + "\n";
  for (const Operand& operand : command.operands) {
    text += "\n  " + operand.name + "\n      " + operand.help + "\n";
  }
  if (!command.examples.empty()) text += "\nExamples:\n";
  for (const Example& example : command.examples) {
    text += "  " + example.line + "\n      " + example.says + "\n";
  }
  std::string group;
  for (const config::SettingInfo& setting : settings) {
    if (setting.group != group) text += "\n" + setting.group + ":\n";
    group = setting.group;
    text += Describe(setting);
  }
  text += command.raw != nullptr
              ? ""
              : "  --config-file=FILE\n      Settings as lines `name = value`\n"
                "      no default; TOKENFORGE_CONFIG_FILE\n"
                "\nA flag goes before an environment variable, that before --config-file, and that "
                "before the profile.\n";
  return text + ExitCodes();
}

std::string UsageLineOf(const Command& command) {
  std::string line = "Usage: tokenforge " + command.name;
  for (const Operand& operand : command.operands) {
    const std::string name = operand.name + (operand.many ? "…" : "");
    line += operand.needed ? " " + name : " [" + name + "]";
  }
  return line + " [--flag=value …]";
}

std::vector<std::string> NearestCommands(const std::vector<Command>& commands,
                                         const std::string& typed) {
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.name);
  std::vector<std::string> near;
  // "users list" for "admin users list": the end of a name that was typed without its beginning.
  for (const std::string& name : names) {
    if (!typed.empty() && name.ends_with(" " + typed) && near.size() < 3) near.push_back(name);
  }
  while (near.size() < 3) {
    const std::string next = config::Nearest(typed, names);
    if (next.empty()) break;
    std::erase(names, next);
    if (std::ranges::find(near, next) == near.end()) near.push_back(next);
  }
  return near;
}

}  // namespace tokenforge::cli
