#include "cli/man_page.h"

#include <string_view>

#include "cli/frame.h"
#include "cli/help.h"
#include "cli/profiles.h"

namespace tokenforge::cli {
namespace {

// Text that roff prints as it is: no line of it is a request, and a hyphen is what shells know.
std::string Roff(std::string_view text) {
  std::string roff;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) roff += "\\&";
    line_begins = c == '\n';
    switch (c) {
      case '\\':
        roff += "\\e";
        break;
      case '-':
        roff += "\\-";
        break;
      case '\'':
        roff += "\\(aq";
        break;
      case '`':
        roff += "\\(ga";
        break;
      case '^':
        roff += "\\(ha";
        break;
      case '~':
        roff += "\\(ti";
        break;
      default:
        roff += c;
    }
  }
  return roff;
}

std::string Item(const std::string& what, const std::string& says) {
  return ".TP\n\\fB" + Roff(what) + "\\fR\n" + Roff(says) + "\n";
}

bool IsCommon(const config::SettingInfo& setting) { return setting.group == "For every command"; }

std::string Describe(const config::SettingInfo& setting) {
  std::string says = setting.help + ".";
  if (setting.required) {
    says += " Required.";
  } else if (!setting.fallback.empty() && !setting.is_bool) {
    says += " Default: " + setting.fallback + ".";
  }
  return Item("--" + setting.name + (setting.is_bool ? "" : "=" + setting.kind), says);
}

std::string Describe(const Command& command) {
  constexpr std::string_view kUsage = "Usage: ";
  std::string text = ".SS tokenforge " + Roff(command.name) + "\n" + Roff(command.summary) +
                     ".\n.PP\n\\fB" + Roff(UsageLineOf(command).substr(kUsage.size())) + "\\fR\n";
  for (const Operand& operand : command.operands) text += Item(operand.name, operand.help + ".");
  for (const config::SettingInfo& setting : SettingsOf(command)) {
    if (!IsCommon(setting)) text += Describe(setting);
  }
  for (const Example& example : command.examples) {
    text += ".PP\nExample, " + Roff(example.says) + ":\n.PP\n.RS 4\n.nf\n" + Roff(example.line) +
            "\n.fi\n.RE\n";
  }
  return text;
}

std::string ExitStatus() {
  std::string text = ".SH EXIT STATUS\n";
  for (const ExitMeaning& each : kExitMeanings) {
    text += Item(std::to_string(static_cast<int>(each.code)), std::string(each.meaning) + ".");
  }
  return text;
}

std::string Files() {
  std::string settings;
  for (const char* name : kProfileSettings)
    settings += (settings.empty() ? "" : ", ") + std::string(name);
  return ".SH FILES\n" +
         Item("~/.config/tokenforge/config",
              "Profiles: sections such as [staging] with lines `name = value`, for " + settings +
                  ". XDG_CONFIG_HOME is respected.") +
         Item("~/.config/tokenforge/PROFILE.tokens",
              "A login, as good as a password until it ends. Refused when others may read it.");
}

}  // namespace

std::string ManPage(const std::vector<Command>& commands) {
  std::string text =
      ".TH TOKENFORGE 1 \"\" \"tokenforge " + Roff(config::Version()) +
      "\" \"TokenForge\"\n"
      ".SH NAME\ntokenforge \\- the command line of TokenForge\n"
      ".SH SYNOPSIS\n\\fBtokenforge\\fR \\fICOMMAND\\fR [\\fB\\-\\-flag=value\\fR ...]\n"
      ".SH DESCRIPTION\n" +
      Roff(
          "Results go to standard output, as tables or, with --json, as one JSON "
          "object a line; questions, progress and errors go to standard error. No "
          "password, code or token is ever an argument.\n") +
      ".SH SETTINGS OF EVERY COMMAND\n";
  for (const config::SettingInfo& setting : SettingsOf(commands.front())) {
    if (IsCommon(setting)) text += Describe(setting);
  }
  std::string group;
  for (const Command& command : commands) {
    if (command.group != group) text += ".SH \"" + Roff(command.group) + "\"\n";
    group = command.group;
    text += Describe(command);
  }
  return text + ExitStatus() + ".SH ENVIRONMENT\n" +
         Roff(
             "Each setting may come from a variable: TOKENFORGE_AUTH for --auth, "
             "TOKENFORGE_TOKEN_FILE for --token-file. A flag goes before a variable, and that "
             "before the profile.\n") +
         Files();
}

}  // namespace tokenforge::cli
