#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "tests/fuzz/config/targets.h"

namespace tokenforge::fuzz {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongest = std::chrono::hours(24 * 30);

void Must(bool holds) {
  if (!holds) std::abort();
}

// One setting of each kind.
struct Bound {
  std::string word, mode, address, path;
  std::vector<std::string> list;
  bool flag = false;
  std::int64_t count = 0;
  milliseconds span{0};
  friend bool operator==(const Bound&, const Bound&) = default;
};

config::Outcome Parse(const std::vector<std::string>& words, const config::Environment& environment,
                      Bound* into, std::string* mistakes) {
  config::Parser parser("fuzz", "Parses anything.");
  parser.String("word", &into->word, "x", "A word");
  parser.Choice("mode", &into->mode, {"fast", "slow"}, "fast", "A choice");
  parser.Group("More");
  parser.Address("listen", &into->address, "127.0.0.1:1", "An address");
  parser.Path("path", &into->path, "", "A path");
  parser.StringList("list", &into->list, {"a"}, "A list");
  parser.Bool("flag", &into->flag, false, "A flag");
  parser.Integer("count", &into->count, 1, "A count", 0, 1000);
  parser.Duration("span", &into->span, milliseconds(5), "A span", milliseconds(1), kLongest);
  std::vector<const char*> argv = {"fuzz"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  std::ostringstream out, err;
  const config::Outcome outcome =
      parser.Parse(static_cast<int>(argv.size()), argv.data(), environment, out, err);
  *mistakes = err.str();
  return outcome;
}

void CheckAccepted(const Bound& bound) {
  Must(bound.mode == "fast" || bound.mode == "slow");
  Must(bound.count >= 0 && bound.count <= 1000);
  Must(bound.span >= milliseconds(1) && bound.span <= kLongest);
  Must(bound.address.empty() || bound.address.find(':') != std::string::npos);
  Must(std::ranges::none_of(bound.list, &std::string::empty));
  // As text again, in the environment, the same comes out.
  Bound again;
  std::string mistakes, list;
  for (const std::string& item : bound.list) (list += list.empty() ? "" : ",") += item;
  const config::Environment environment = {{"TOKENFORGE_WORD", bound.word},
                                           {"TOKENFORGE_MODE", bound.mode},
                                           {"TOKENFORGE_LISTEN", bound.address},
                                           {"TOKENFORGE_PATH", bound.path},
                                           {"TOKENFORGE_LIST", list},
                                           {"TOKENFORGE_FLAG", bound.flag ? "yes" : "no"},
                                           {"TOKENFORGE_COUNT", std::to_string(bound.count)},
                                           {"TOKENFORGE_SPAN", config::FormatDuration(bound.span)}};
  Must(Parse({}, environment, &again, &mistakes).run && again == bound);
}

}  // namespace

bool CheckSettings(std::string_view bytes) {
  constexpr std::string_view kPrefix = "TOKENFORGE_";
  // Neither words nor variables can hold a NUL; and a file that happens to lie here must not count.
  if (bytes.find('\0') != std::string_view::npos || bytes.find("onfig") != std::string_view::npos ||
      bytes.find("ONFIG") != std::string_view::npos) {
    return false;
  }
  std::vector<std::string> words;
  config::Environment environment;
  for (std::istringstream lines{std::string(bytes)}; lines.good();) {
    std::string line;
    std::getline(lines, line);
    const std::size_t equals = line.find('=');
    if (line.starts_with(kPrefix) && equals != std::string::npos) {
      environment[line.substr(0, equals)] = line.substr(equals + 1);
    } else if (!line.empty()) {
      words.push_back(line);
    }
  }
  Bound bound;
  std::string mistakes;
  const config::Outcome outcome = Parse(words, environment, &bound, &mistakes);
  if (outcome.run) {
    CheckAccepted(bound);
  } else {
    Must(outcome.exit_code == 0 || (outcome.exit_code == 2 && mistakes.starts_with("fuzz: ")));
  }
  return outcome.run;
}

}  // namespace tokenforge::fuzz
