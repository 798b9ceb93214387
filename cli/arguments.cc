#include "cli/arguments.h"

#include <algorithm>

namespace tokenforge::cli {
namespace {

// Whether the word after this flag belongs to it. Of an unknown flag it does, so that the Parser
// complains about that flag and not about its value too.
bool TakesNext(const std::string& flag, const std::vector<config::SettingInfo>& settings) {
  if (flag.find('=') != std::string::npos) return false;
  const std::string name = flag.substr(2);
  if (name == "version" || name == "check-config") return false;
  const auto known = std::ranges::find(settings, name, &config::SettingInfo::name);
  return known == settings.end() || !known->is_bool;
}

}  // namespace

Arguments Split(const std::vector<std::string>& words,
                const std::vector<config::SettingInfo>& settings) {
  Arguments split;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      split.operands.insert(split.operands.end(),
                            words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    if (word == "--help" || word == "-h") {
      split.help = true;
    } else if (word.starts_with("--")) {
      split.flags.push_back(word);
      const bool more = i + 1 < words.size() && !words[i + 1].starts_with("--");
      if (more && TakesNext(word, settings)) split.flags.push_back(words[++i]);
    } else if (word.size() > 1 && word.starts_with("-")) {
      split.flags.push_back(word);  // the Parser says that there is no such thing
    } else {
      split.operands.push_back(word);
    }
  }
  return split;
}

std::optional<std::string> Peek(const std::vector<std::string>& words, const std::string& name) {
  const std::string flag = "--" + name;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    if (words[i].starts_with(flag + "=")) return words[i].substr(flag.size() + 1);
    if (words[i] == flag && i + 1 < words.size()) return words[i + 1];
  }
  return std::nullopt;
}

}  // namespace tokenforge::cli
