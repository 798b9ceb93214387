#include "lib/config/config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "lib/config/sources.h"
#include "lib/config/values.h"

namespace tokenforge::config {
namespace {

// The greatest values that a declaration gets when it names none: no bound worth telling.
constexpr std::int64_t kMostIntegers = std::numeric_limits<std::int32_t>::max();
constexpr std::chrono::milliseconds kMostDurations = std::chrono::hours(24 * 3650);

// For people: both ends, the one that says something, or nothing.
template <class Value, class Text>
std::string Bounds(Value min, Value max, Value most, Text text) {
  if (max != most) return text(min) + " to " + text(max);
  return min != Value(0) ? "at least " + text(min) : "";
}

}  // namespace

struct Parser::State {
  std::string program;
  std::string sentence;
  std::string group = "Settings";
  std::vector<std::unique_ptr<Declared>> settings;
  std::vector<std::function<std::vector<std::string>()>> rules;

  std::vector<Declared*> All() const {
    std::vector<Declared*> all;
    all.reserve(settings.size());
    for (const auto& setting : settings) all.push_back(setting.get());
    return all;
  }

  // `read` turns text into a value, or says what was expected.
  template <class T, class Read>
  Declared* Add(std::string name, T* into, std::string fallback, std::string help, std::string kind,
                Read read) {
    const bool reserved =
        name == "help" || name == "version" || name == "check-config" || name == "config-file";
    if (reserved || std::ranges::any_of(settings, [&](auto& s) { return s->name == name; })) {
      std::fprintf(stderr, "setting %s is declared twice\n", name.c_str());
      std::abort();
    }
    auto value = std::make_shared<T>();
    auto declared = std::make_unique<Declared>();
    declared->name = std::move(name);
    declared->group = group;
    declared->kind = std::move(kind);
    declared->help = std::move(help);
    declared->fallback = std::move(fallback);
    declared->read = [value, read](const std::string& text) { return read(text, value.get()); };
    declared->commit = [value, into] { *into = *value; };
    settings.push_back(std::move(declared));
    return settings.back().get();
  }

  void Resolve(const std::vector<const Source*>& sources, std::vector<std::string>* mistakes);
  void ApplyRules(std::vector<std::string>* mistakes);
  Outcome Conclude(const std::vector<std::string>& mistakes, bool check_only, std::ostream& out,
                   std::ostream& err) const;
};

// Takes each setting from the first source that has it, else its default.
void Parser::State::Resolve(const std::vector<const Source*>& sources,
                            std::vector<std::string>* mistakes) {
  for (const auto& setting : settings) {
    Found found{setting->fallback, "--" + setting->name + "=" + setting->fallback + " (" +
                                       setting->fallback_from + ")"};
    for (const Source* source : sources) {
      const auto at = source->find(setting->name);
      if (at == source->end()) continue;
      found = at->second;
      break;
    }
    if (setting->required && found.text.empty()) {
      mistakes->push_back("--" + setting->name + " is required: " + setting->help + " (also " +
                          EnvironmentName(setting->name) + ", or a line of --config-file)");
    } else if (const Expected expected = setting->read(found.text)) {
      mistakes->push_back(found.where + ": expected " + *expected);
    }
  }
}

void Parser::State::ApplyRules(std::vector<std::string>* mistakes) {
  for (const auto& setting : settings) setting->commit();
  for (const auto& rule : rules) {
    for (std::string& mistake : rule()) mistakes->push_back(std::move(mistake));
  }
}

Outcome Parser::State::Conclude(const std::vector<std::string>& mistakes, bool check_only,
                                std::ostream& out, std::ostream& err) const {
  for (const std::string& mistake : mistakes) err << program << ": " << mistake << '\n';
  err.flush();
  if (!mistakes.empty()) return {.run = false, .exit_code = 2};
  if (!check_only) return {.run = true, .exit_code = 0};
  out << "configuration OK\n" << std::flush;
  return {.run = false, .exit_code = 0};
}

Setting& Setting::Required() {
  *required_ = true;
  return *this;
}

std::string Version() { return TOKENFORGE_VERSION; }

Environment ProcessEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Parser::Parser(std::string program, std::string sentence) : state_(std::make_unique<State>()) {
  state_->program = std::move(program);
  state_->sentence = std::move(sentence);
}

Parser::~Parser() = default;

void Parser::Group(std::string title) { state_->group = std::move(title); }

Setting Parser::String(std::string name, std::string* into, std::string fallback,
                       std::string help) {
  Declared* declared =
      state_->Add(std::move(name), into, std::move(fallback), std::move(help), "TEXT",
                  [](const std::string& text, std::string* value) -> Expected {
                    *value = text;
                    return std::nullopt;
                  });
  return Setting(&declared->required);
}

Setting Parser::Bool(std::string name, bool* into, bool fallback, std::string help) {
  Declared* declared =
      state_->Add(std::move(name), into, fallback ? "true" : "false", std::move(help), "BOOL",
                  [](const std::string& text, bool* value) { return ReadBool(text, value); });
  declared->is_bool = true;
  return Setting(&declared->required);
}

Setting Parser::Integer(std::string name, std::int64_t* into, std::int64_t fallback,
                        std::string help, std::int64_t min, std::int64_t max) {
  Declared* declared = state_->Add(std::move(name), into, std::to_string(fallback), std::move(help),
                                   "NUMBER", [=](const std::string& text, std::int64_t* value) {
                                     return ReadInteger(text, min, max, value);
                                   });
  declared->bounds = Bounds(min, max, kMostIntegers, [](auto n) { return std::to_string(n); });
  return Setting(&declared->required);
}

Setting Parser::Duration(std::string name, std::chrono::milliseconds* into,
                         std::chrono::milliseconds fallback, std::string help,
                         std::chrono::milliseconds min, std::chrono::milliseconds max) {
  Declared* declared =
      state_->Add(std::move(name), into, FormatDuration(fallback), std::move(help), "DURATION",
                  [=](const std::string& text, std::chrono::milliseconds* value) {
                    return ReadDuration(text, min, max, value);
                  });
  declared->bounds = Bounds(min, max, kMostDurations, FormatDuration);
  return Setting(&declared->required);
}

Setting Parser::Choice(std::string name, std::string* into, std::vector<std::string> words,
                       std::string fallback, std::string help) {
  std::string kind = JoinWords(words, "|");
  Declared* declared =
      state_->Add(std::move(name), into, std::move(fallback), std::move(help), std::move(kind),
                  [words = std::move(words)](const std::string& text, std::string* value) {
                    return ReadChoice(text, words, value);
                  });
  return Setting(&declared->required);
}

Setting Parser::StringList(std::string name, std::vector<std::string>* into,
                           std::vector<std::string> fallback, std::string help) {
  Declared* declared =
      state_->Add(std::move(name), into, JoinWords(fallback, ","), std::move(help), "A,B,…",
                  [](const std::string& text, std::vector<std::string>* value) {
                    return ReadList(text, value);
                  });
  declared->is_list = true;
  return Setting(&declared->required);
}

Setting Parser::Address(std::string name, std::string* into, std::string fallback,
                        std::string help) {
  Declared* declared =
      state_->Add(std::move(name), into, std::move(fallback), std::move(help), "HOST:PORT",
                  [](const std::string& text, std::string* value) -> Expected {
                    value->clear();
                    return text.empty() ? std::nullopt : ReadAddress(text, value);
                  });
  return Setting(&declared->required);
}

Setting Parser::Path(std::string name, std::string* into, std::string fallback, std::string help) {
  Declared* declared =
      state_->Add(std::move(name), into, std::move(fallback), std::move(help), "PATH",
                  [](const std::string& text, std::string* value) -> Expected {
                    *value = text;
                    return std::nullopt;
                  });
  return Setting(&declared->required);
}

Setting Parser::FileThatExists(std::string name, std::string* into, std::string fallback,
                               std::string help) {
  Declared* declared =
      state_->Add(std::move(name), into, std::move(fallback), std::move(help), "FILE",
                  [](const std::string& text, std::string* value) -> Expected {
                    *value = text;
                    return text.empty() ? std::nullopt : ReadableFile(text);
                  });
  return Setting(&declared->required);
}

void Parser::Check(std::function<std::vector<std::string>()> rule) {
  state_->rules.push_back(std::move(rule));
}

bool Parser::SetFallback(const std::string& name, std::string text, std::string where) {
  const auto at = std::ranges::find(state_->settings, name, [](auto& s) { return s->name; });
  if (at == state_->settings.end()) return false;
  (*at)->fallback = std::move(text);
  (*at)->fallback_from = std::move(where);
  return true;
}

std::vector<SettingInfo> Parser::Settings() const {
  std::vector<SettingInfo> all;
  for (const auto& s : state_->settings) {
    all.push_back({s->name, s->group, s->kind, s->help, s->fallback, EnvironmentName(s->name),
                   s->required, s->is_bool, s->is_list});
  }
  return all;
}

Outcome Parser::Parse(int argc, const char* const* argv, const Environment& environment,
                      std::ostream& out, std::ostream& err) {
  std::vector<std::string> mistakes;
  const std::vector<Declared*> settings = state_->All();
  CommandLine line = ReadCommandLine(argc, argv, settings, &mistakes);
  if (line.help) {
    out << HelpText(state_->program, state_->sentence, settings) << std::flush;
    return {.run = false, .exit_code = 0};
  }
  if (line.version) {
    out << state_->program << ' ' << TOKENFORGE_VERSION << '\n' << std::flush;
    return {.run = false, .exit_code = 0};
  }
  std::vector<std::string> warnings;
  const Source variables = ReadEnvironment(environment, settings, &warnings);
  for (const std::string& warning : warnings) {
    err << state_->program << ": warning: " << warning << '\n';
  }
  const auto named = environment.find(EnvironmentName("config-file"));
  if (line.config_file.empty() && named != environment.end()) line.config_file = named->second;
  Source file;
  if (!line.config_file.empty()) file = ReadFile(line.config_file, settings, &mistakes);
  const std::size_t before = mistakes.size();
  state_->Resolve({&line.found, &variables, &file}, &mistakes);
  if (mistakes.size() == before) state_->ApplyRules(&mistakes);
  return state_->Conclude(mistakes, line.check_config, out, err);
}

Outcome Parser::Parse(int argc, const char* const* argv) {
  return Parse(argc, argv, ProcessEnvironment(), std::cout, std::cerr);
}

}  // namespace tokenforge::config
