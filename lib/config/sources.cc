#include "lib/config/sources.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <fstream>

#include "lib/config/values.h"

namespace tokenforge::config {
namespace {

namespace po = boost::program_options;

constexpr char kConfigFile[] = "config-file";

const Declared* Find(const std::vector<Declared*>& settings, const std::string& name) {
  const auto found = std::ranges::find(settings, name, &Declared::name);
  return found == settings.end() ? nullptr : *found;
}

std::string Suggest(const std::string& name, const std::string& prefix,
                    std::vector<std::string> known) {
  const std::string near = Nearest(name, known);
  return near.empty() ? "; --help lists what there is" : "; did you mean " + prefix + near + "?";
}

std::vector<std::string> Names(const std::vector<Declared*>& settings) {
  std::vector<std::string> names;
  names.reserve(settings.size());
  for (const Declared* setting : settings) names.push_back(setting->name);
  return names;
}

// A mistake's line must stay one line, whatever was typed.
std::string Printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  if (text.size() > 200) text = text.substr(0, 200) + "…";
  return text;
}

po::options_description Describe(const std::vector<Declared*>& settings) {
  po::options_description description;
  for (const Declared* setting : settings) {
    auto* value = po::value<std::string>();
    if (setting->is_bool) value->implicit_value("true");
    description.add_options()(setting->name.c_str(), value, "");
  }
  description.add_options()(kConfigFile, po::value<std::string>(), "");
  for (const char* name : {"help", "version", "check-config"}) {
    description.add_options()(name, po::bool_switch(), "");
  }
  return description;
}

// `--listen --threads=1`: the library would take the second flag for the first one's value.
void NoteMissingValues(const std::vector<Declared*>& settings, std::vector<std::string>* arguments,
                       std::vector<std::string>* mistakes) {
  const auto takes_value = [&](const std::string& argument) {
    const std::string name = argument.substr(std::min<std::size_t>(2, argument.size()));
    const Declared* setting = Find(settings, name);
    return name == kConfigFile || (setting != nullptr && !setting->is_bool);
  };
  for (std::size_t i = 0; i + 1 < arguments->size();) {
    const std::string& argument = (*arguments)[i];
    if (argument.starts_with("--") && takes_value(argument) &&
        (*arguments)[i + 1].starts_with("--")) {
      mistakes->push_back(argument + " needs a value");
      arguments->erase(arguments->begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

// Splits the arguments. The library stops at the first flag that lacks its value: that one is noted
// and taken out, and the rest is tried again, so that all mistakes show at once.
std::vector<po::option> Split(std::vector<std::string> arguments,
                              const po::options_description& description,
                              std::vector<std::string>* mistakes) {
  constexpr int kStyle = po::command_line_style::allow_long |
                         po::command_line_style::long_allow_adjacent |
                         po::command_line_style::long_allow_next;
  while (true) {
    try {
      return po::command_line_parser(arguments)
          .options(description)
          .style(kStyle)
          .allow_unregistered()
          .run()
          .options;
    } catch (const po::invalid_command_line_syntax& error) {
      const std::string flag = error.get_option_name();
      const auto at = std::ranges::find_if(arguments, [&](const std::string& argument) {
        return argument == flag || argument.starts_with(flag + "=");
      });
      const bool switched = at != arguments.end() && at->size() > flag.size();
      const bool extra = error.kind() == po::invalid_command_line_syntax::extra_parameter;
      mistakes->push_back(flag + (extra      ? " takes no value"
                                  : switched ? " is empty; leave it out instead"
                                             : " needs a value"));
      if (at == arguments.end()) return {};
      arguments.erase(at);
    } catch (const po::error& error) {
      mistakes->push_back(Printable(error.what()));
      return {};
    }
  }
}

void Add(const Declared& setting, const std::string& text, const std::string& where, Source* source,
         std::vector<std::string>* mistakes) {
  const auto [at, added] = source->emplace(setting.name, Found{text, where});
  if (added) return;
  if (setting.is_list) {
    at->second.text += "," + text;
  } else {
    mistakes->push_back(where + ": given more than once");
  }
}

void TakeOption(const po::option& option, const std::vector<Declared*>& settings, CommandLine* line,
                std::vector<std::string>* mistakes) {
  const std::string& name = option.string_key;
  const std::string first = option.value.empty() ? "" : option.value.front();
  if (name == "help") {
    line->help = true;
  } else if (name == "version") {
    line->version = true;
  } else if (name == "check-config") {
    line->check_config = true;
  } else if (name == kConfigFile) {
    if (!line->config_file.empty()) mistakes->push_back("--config-file: given more than once");
    line->config_file = first;
  } else {
    const Declared& setting = *Find(settings, name);
    const bool bare = setting.is_bool && option.value.empty();
    const std::string text = bare ? "true" : first;
    Add(setting, text, Printable("--" + name + "=" + text), &line->found, mistakes);
  }
}

}  // namespace

CommandLine ReadCommandLine(int argc, const char* const* argv,
                            const std::vector<Declared*>& settings,
                            std::vector<std::string>* mistakes) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  std::ranges::replace(arguments, "-h", "--help");
  NoteMissingValues(settings, &arguments, mistakes);
  CommandLine line;
  std::vector<std::string> known = Names(settings);
  known.insert(known.end(), {kConfigFile, "help", "version", "check-config"});
  bool after_unknown = false;  // the value of an unknown flag is no second mistake
  for (const po::option& option : Split(arguments, Describe(settings), mistakes)) {
    const std::string& token = option.original_tokens.empty() ? "" : option.original_tokens.front();
    if (option.position_key >= 0) {
      if (!after_unknown) mistakes->push_back("unexpected argument " + Printable(token));
      after_unknown = false;
    } else if (option.unregistered) {
      const std::string flag = token.substr(0, token.find('='));
      mistakes->push_back("unknown flag " + Printable(flag) +
                          Suggest(flag.substr(std::min<std::size_t>(2, flag.size())), "--", known));
      after_unknown = flag.size() == token.size();
    } else {
      TakeOption(option, settings, &line, mistakes);
      after_unknown = false;
    }
  }
  return line;
}

Source ReadEnvironment(const Environment& environment, const std::vector<Declared*>& settings,
                       std::vector<std::string>* warnings) {
  std::map<std::string, const Declared*> variables;
  std::vector<std::string> names = {EnvironmentName(kConfigFile)};
  for (const Declared* setting : settings) {
    variables[EnvironmentName(setting->name)] = setting;
    names.push_back(EnvironmentName(setting->name));
  }
  Source source;
  for (const auto& [variable, text] : environment) {
    if (!variable.starts_with("TOKENFORGE_") || variable == names.front()) continue;
    if (const auto known = variables.find(variable); known != variables.end()) {
      source[known->second->name] = {text, Printable(variable + "=" + text)};
    } else {
      warnings->push_back("unknown environment variable " + Printable(variable) + " is not used" +
                          Suggest(variable, "", names));
    }
  }
  return source;
}

Source ReadFile(const std::string& path, const std::vector<Declared*>& settings,
                std::vector<std::string>* mistakes) {
  if (const Expected fault = ReadableFile(path)) {
    mistakes->push_back(Printable("--config-file=" + path) + ": expected " + *fault);
    return {};
  }
  Source source;
  std::ifstream file(path);
  int number = 0;
  for (std::string raw; std::getline(file, raw);) {
    const std::string_view line = TrimBlanks(raw);
    const std::string where = Printable(path) + ":" + std::to_string(++number) + ": ";
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      mistakes->push_back(where + "expected `name = value`");
      continue;
    }
    const std::string name(TrimBlanks(line.substr(0, equals)));
    const std::string text(TrimBlanks(line.substr(equals + 1)));
    if (const Declared* setting = Find(settings, name)) {
      Add(*setting, text, where + Printable(name + " = " + text), &source, mistakes);
    } else {
      mistakes->push_back(where + "unknown key " + Printable(name) +
                          Suggest(name, "", Names(settings)));
    }
  }
  if (file.bad()) mistakes->push_back(Printable(path) + ": cannot be read to its end");
  return source;
}

}  // namespace tokenforge::config
