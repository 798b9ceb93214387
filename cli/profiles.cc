#include "cli/profiles.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "cli/record.h"
#include "lib/config/values.h"

namespace tokenforge::cli {
namespace {

std::string Given(const std::string& name, const std::string& variable,
                  const std::vector<std::string>& flags, const config::Environment& environment) {
  if (auto flag = Peek(flags, name)) return *flag;
  const auto found = environment.find(variable);
  return found == environment.end() ? "" : found->second;
}

std::string FolderOf(const config::Environment& environment) {
  const auto of = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (const std::string config = of("XDG_CONFIG_HOME"); config.starts_with("/")) {
    return config + "/tokenforge";
  }
  const std::string home = of("HOME");
  return home.starts_with("/") ? home + "/.config/tokenforge" : "";
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

// Reads sections; keeps the lines of one.
class Reader {
 public:
  explicit Reader(Profile& profile) : profile_(profile) {}

  void Read(std::istream& file) {
    int number = 0;
    for (std::string raw; std::getline(file, raw);) {
      where_ = profile_.file + ":" + std::to_string(++number);
      const std::string_view line = config::TrimBlanks(raw);
      if (line.empty() || line.front() == '#') continue;
      line.front() == '[' ? TakeSection(line) : TakeLine(line);
    }
  }

  const std::vector<std::string>& sections() const { return sections_; }
  const std::string& mistakes() const { return mistakes_; }

 private:
  void Mistake(const std::string& text) {
    mistakes_ += (mistakes_.empty() ? "" : "\n") + where_ + ": " + text;
  }

  void TakeSection(std::string_view line) {
    const std::string name(line.substr(1, line.size() - std::min<std::size_t>(2, line.size())));
    if (line.back() != ']' || !IsName(name)) return Mistake("expected a section such as [staging]");
    if (std::ranges::find(sections_, name) != sections_.end()) {
      return Mistake("section [" + name + "] is there twice");
    }
    sections_.push_back(name);
  }

  void TakeLine(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || sections_.empty()) {
      return Mistake(sections_.empty() ? "a section such as [default] comes first"
                                       : "expected `name = value`");
    }
    const std::string name(config::TrimBlanks(line.substr(0, equals)));
    const std::vector<std::string> known(std::begin(kProfileSettings), std::end(kProfileSettings));
    if (std::ranges::find(known, name) == known.end()) {
      const std::string near = config::Nearest(name, known);
      return Mistake("no setting of a profile is named " + Printable(name) +
                     (near.empty() ? "" : "; did you mean " + near + "?"));
    }
    if (sections_.back() != profile_.name) return;
    profile_.lines.push_back(
        {name, std::string(config::TrimBlanks(line.substr(equals + 1))), where_});
  }

  Profile& profile_;
  std::string where_;
  std::vector<std::string> sections_;
  std::string mistakes_;
};

}  // namespace

absl::StatusOr<Profile> ReadProfile(const std::vector<std::string>& flags,
                                    const config::Environment& environment) {
  Profile profile{.name = Given("profile", "TOKENFORGE_PROFILE", flags, environment),
                  .folder = FolderOf(environment),
                  .file = Given("profiles-file", "TOKENFORGE_PROFILES_FILE", flags, environment),
                  .lines = {}};
  const bool named = !profile.name.empty();
  const bool file_named = !profile.file.empty();
  if (!named) profile.name = "default";
  if (!IsName(profile.name)) {
    return UsageError("a profile is named with letters, digits, '.', '_' and '-'");
  }
  if (!file_named && !profile.folder.empty()) profile.file = profile.folder + "/config";
  std::ifstream file(profile.file);
  if (!file && !named && !file_named) return profile;
  if (!file) return UsageError("the file of profiles cannot be read: " + profile.file);
  Reader reader(profile);
  reader.Read(file);
  if (!reader.mistakes().empty()) return UsageError(reader.mistakes());
  const auto& sections = reader.sections();
  if (named && std::ranges::find(sections, profile.name) == sections.end()) {
    const std::string near = config::Nearest(profile.name, sections);
    return UsageError(profile.file + " has no profile [" + profile.name + "]" +
                      (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  return profile;
}

}  // namespace tokenforge::cli
