#include <algorithm>

#include "lib/config/declared.h"

namespace tokenforge::config {
namespace {

std::string Describe(const Declared& setting) {
  std::string text = "  --" + setting.name;
  text += setting.is_bool ? "[=BOOL]" : "=" + setting.kind;
  text += "\n      " + setting.help + "\n      ";
  if (setting.required) {
    text += "required";
  } else {
    text += setting.fallback.empty() ? "no default" : "default " + setting.fallback;
  }
  if (!setting.bounds.empty()) text += "; " + setting.bounds;
  return text + "; " + EnvironmentName(setting.name) + "\n";
}

constexpr char kGeneral[] =
    "\nGeneral:\n"
    "  --config-file=FILE\n"
    "      Settings as lines `name = value`; # begins a comment line\n"
    "      no default; TOKENFORGE_CONFIG_FILE\n"
    "  --check-config\n"
    "      Say whether the configuration is good, every mistake at once, and start nothing\n"
    "  --version\n"
    "      Say the version\n"
    "  --help\n"
    "      Say this\n"
    "\nA flag goes before an environment variable, and that before a line of the file.\n"
    "Exit codes: 0 after a clean stop, 1 after a failure, 2 after a mistake in the "
    "configuration.\n";

}  // namespace

std::string EnvironmentName(const std::string& name) {
  std::string variable = "TOKENFORGE_";
  for (const char c : name) {
    variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return variable;
}

std::string HelpText(const std::string& program, const std::string& sentence,
                     const std::vector<Declared*>& settings) {
  std::string text = program + ": " + sentence + "\n\nUsage: " + program + " [--flag=value …]\n";
  std::vector<std::string> groups;
  for (const Declared* setting : settings) {
    if (std::ranges::find(groups, setting->group) == groups.end()) groups.push_back(setting->group);
  }
  for (const std::string& group : groups) {
    text += "\n" + group + ":\n";
    for (const Declared* setting : settings) {
      if (setting->group == group) text += Describe(*setting);
    }
  }
  return text + kGeneral;
}

}  // namespace tokenforge::config
