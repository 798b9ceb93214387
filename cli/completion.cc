#include "cli/completion.h"

#include <algorithm>
#include <map>
#include <set>

#include "cli/frame.h"

namespace tokenforge::cli {
namespace {

// For each beginning of a command's name ("", "admin", "admin users") the words that may follow.
std::map<std::string, std::set<std::string>> Continuations(const std::vector<Command>& commands) {
  std::map<std::string, std::set<std::string>> next;
  for (const Command& command : commands) {
    std::string before;
    std::string_view rest = command.name;
    while (!rest.empty()) {
      const std::size_t blank = std::min(rest.find(' '), rest.size());
      const std::string word(rest.substr(0, blank));
      next[before].insert(word);
      before += (before.empty() ? "" : " ") + word;
      rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
  }
  next[""].insert("help");
  next["completion"] = {"bash", "zsh", "fish"};
  return next;
}

bool IsPath(const config::SettingInfo& setting) {
  return setting.kind == "FILE" || setting.kind == "PATH";
}

// "a|b" of a choice as words; empty for other kinds.
std::string WordsOf(const config::SettingInfo& setting) {
  if (setting.kind.find('|') == std::string::npos) return "";
  std::string words = setting.kind;
  for (char& c : words) c = c == '|' ? ' ' : c;
  return words;
}

std::string Joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string FlagsOf(const Command& command) {
  std::string flags;
  for (const config::SettingInfo& setting : SettingsOf(command)) {
    flags += "--" + setting.name + (setting.is_bool ? " " : "= ");
  }
  return flags + "--help";
}

// In single quotes for a shell.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// case arms: "beginning" → words, "command" → flags, "flag" → its words or FILES.
std::string WordArms(const std::vector<Command>& commands, const std::string& variable) {
  std::string arms;
  for (const auto& [before, words] : Continuations(commands)) {
    arms += "    " + Quoted(before) + ") " + variable + "=" + Quoted(Joined(words)) + " ;;\n";
  }
  return arms;
}

std::string FlagArms(const std::vector<Command>& commands, const std::string& variable) {
  std::string arms;
  for (const Command& command : commands) {
    arms +=
        "    " + Quoted(command.name) + ") " + variable + "=" + Quoted(FlagsOf(command)) + " ;;\n";
  }
  return arms;
}

std::string ValueArms(const std::vector<Command>& commands, const std::string& variable) {
  std::map<std::string, std::string> values;
  for (const Command& command : commands) {
    for (const config::SettingInfo& setting : SettingsOf(command)) {
      const std::string words = IsPath(setting) ? "FILES" : WordsOf(setting);
      if (!words.empty()) values["--" + setting.name] = words;
    }
  }
  std::string arms;
  for (const auto& [flag, words] : values) {
    arms += "    " + Quoted(flag) + ") " + variable + "=" + Quoted(words) + " ;;\n";
  }
  return arms;
}

}  // namespace

std::string BashCompletion(const std::vector<Command>& commands) {
  return std::string("# bash completion of tokenforge: eval \"$(tokenforge completion bash)\"\n") +
         "_tokenforge() {\n"
         "  local line=${COMP_LINE:0:COMP_POINT} cur path='' word flag words='' flags=''\n"
         "  local -a typed\n"
         "  read -ra typed <<<\"$line\"\n"
         "  cur=''\n"
         "  if [[ $line != *[[:space:]] ]]; then cur=${typed[-1]}; unset 'typed[-1]'; fi\n"
         "  COMPREPLY=()\n"
         "  for word in \"${typed[@]:1}\"; do\n"
         "    [[ $word == -* ]] || path+=${path:+ }$word\n"
         "  done\n"
         "  if [[ $cur == --*=* ]]; then\n"
         "    flag=${cur%%=*}\n"
         "    case $flag in\n" +
         ValueArms(commands, "words") +
         "    esac\n"
         "    cur=${cur#*=}\n"
         "    if [[ $words == FILES ]]; then mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
         "    else mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\"); fi\n"
         "    return\n"
         "  fi\n"
         "  case $path in\n" +
         FlagArms(commands, "flags") +
         "  esac\n"
         "  if [[ $cur == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$cur\")\n"
         "    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
         "    return\n"
         "  fi\n"
         "  case $path in\n" +
         WordArms(commands, "words") +
         "  esac\n"
         "  if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "  else mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); fi\n"
         "}\n"
         "complete -F _tokenforge tokenforge\n";
}

std::string ZshCompletion(const std::vector<Command>& commands) {
  return std::string("#compdef tokenforge\n") +
         "_tokenforge() {\n"
         "  local cur=${words[CURRENT]} path_='' word choice='' flags='' next=''\n"
         "  for word in ${words[2,CURRENT-1]}; do\n"
         "    [[ $word == -* ]] || path_+=${path_:+ }$word\n"
         "  done\n"
         "  if [[ $cur == --*=* ]]; then\n"
         "    case ${cur%%=*} in\n" +
         ValueArms(commands, "choice") +
         "    esac\n"
         "    compset -P '*='\n"
         "    if [[ $choice == FILES ]]; then _files; else compadd -- ${=choice}; fi\n"
         "    return\n"
         "  fi\n"
         "  case $path_ in\n" +
         FlagArms(commands, "flags") +
         "  esac\n"
         "  case $path_ in\n" +
         WordArms(commands, "next") +
         "  esac\n"
         "  if [[ $cur == -* ]]; then compadd -S '' -- ${=flags}\n"
         "  elif [[ -n $next ]]; then compadd -- ${=next}\n"
         "  else _files; fi\n"
         "}\n"
         "compdef _tokenforge tokenforge\n";
}

std::string FishCompletion(const std::vector<Command>& commands) {
  std::string text =
      "# fish completion of tokenforge: tokenforge completion fish | source\n"
      "function __tokenforge_path\n"
      "  set -l words (commandline -opc)\n"
      "  set -e words[1]\n"
      "  string join ' ' (string match -v -- '-*' $words)\n"
      "end\n"
      "function __tokenforge_at\n"
      "  test (__tokenforge_path) = \"$argv[1]\"\n"
      "end\n";
  for (const auto& [before, words] : Continuations(commands)) {
    text += "complete -c tokenforge -f -n " + Quoted("__tokenforge_at \"" + before + "\"") +
            " -a " + Quoted(Joined(words)) + "\n";
  }
  for (const Command& command : commands) {
    const std::string where = Quoted("__tokenforge_at \"" + command.name + "\"");
    for (const config::SettingInfo& setting : SettingsOf(command)) {
      text += "complete -c tokenforge -n " + where + " -l " + setting.name + " -d " +
              Quoted(setting.help);
      if (const std::string choice = WordsOf(setting); !choice.empty()) {
        text += " -x -a " + Quoted(choice);
      } else if (!setting.is_bool) {
        text += IsPath(setting) ? " -r" : " -x";
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace tokenforge::cli
