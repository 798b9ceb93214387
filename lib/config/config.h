// A service's configuration: flags, then the environment, then a file, in that order of precedence,
// over defaults.
//
// A service declares each setting once, bound to a member of its one configuration struct, and
// reads everything before anything opens. Every mistake is reported at once, one line each, saying
// what was expected; then the process ends with code 2. After a mistake some bound members
// may have been written all the same: use none of them.
//
//   config::Parser parser("tokenforge-users", "Keeps users and verifies passwords.");
//   parser.Address("listen", &c.listen, "0.0.0.0:7444", "Where to serve gRPC");
//   parser.Duration("drain-delay", &c.drain_delay, 5s, "How long to go on serving after SIGTERM");
//   parser.FileThatExists("tls-key-file", &c.key_file, "", "Private key, PEM").Required();
//   config::Outcome outcome = parser.Parse(argc, argv);
//   if (!outcome.run) return outcome.exit_code;
//
// Sources. `--drain-delay=5s` or `--drain-delay 5s`; TOKENFORGE_DRAIN_DELAY=5s; `drain-delay = 5s`
// in the file named by
// --config-file (or TOKENFORGE_CONFIG_FILE), where a line beginning with # is a comment. A
// setting's value comes whole from the highest source that names it. An unknown flag or key is a
// mistake. An unknown TOKENFORGE_* variable is only a warning, because services of one host may
// share an environment; it names the nearest setting, so that a slip of the pen shows.
//
// Secrets come only from files: such a setting is a path, named `…-file`, and its content is never
// read here. Also understood: --help, --version, --check-config (says whether the configuration is
// good, and starts nothing).
//
// Not thread-safe; used at the start of main. Bound members outlive the parser.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tokenforge::config {

// Whether to go on, and if not, the exit code: 0 after --help, --version and a good --check-config,
// 2 after a mistake.
struct Outcome {
  bool run = false;
  int exit_code = 0;
};

using Environment = std::map<std::string, std::string>;
Environment ProcessEnvironment();

// Of this build, as --version says it.
std::string Version();

// Milliseconds from `250ms`, `5s`, `15m`, `24h`, `7d` or `0`; throws nothing, false on anything
// else.
bool ParseDuration(std::string_view text, std::chrono::milliseconds* into);
// The shortest such text.
std::string FormatDuration(std::chrono::milliseconds duration);

// A declared setting, to be refined: parser.Path(…).Required().
class Setting {
 public:
  // Missing or empty is a mistake.
  Setting& Required();

 private:
  friend class Parser;
  explicit Setting(bool* required) : required_(required) {}
  bool* required_;
};

// A setting as it was declared, for whoever writes about it: help, completion, a reference.
struct SettingInfo {
  std::string name;   // kebab-case
  std::string group;  // title in --help
  std::string kind;   // "DURATION", "FILE", "a|b", …
  std::string help;
  std::string fallback;     // as text
  std::string environment;  // "TOKENFORGE_DRAIN_DELAY"
  bool required = false;
  bool is_bool = false;
  bool is_list = false;
};

class Parser {
 public:
  // The program's name and one sentence saying what it is, for --help.
  Parser(std::string program, std::string sentence);
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // Settings declared from here on stand under this title in --help.
  void Group(std::string title);

  // Names are kebab-case; help is one phrase without a full stop. Declaring a name twice ends the
  // process.
  Setting String(std::string name, std::string* into, std::string fallback, std::string help);
  Setting Bool(std::string name, bool* into, bool fallback, std::string help);
  Setting Integer(std::string name, std::int64_t* into, std::int64_t fallback, std::string help,
                  std::int64_t min = 0,
                  std::int64_t max = std::numeric_limits<std::int32_t>::max());
  Setting Duration(std::string name, std::chrono::milliseconds* into,
                   std::chrono::milliseconds fallback, std::string help,
                   std::chrono::milliseconds min = std::chrono::milliseconds(0),
                   std::chrono::milliseconds max = std::chrono::hours(24 * 3650));
  // One of the words given.
  Setting Choice(std::string name, std::string* into, std::vector<std::string> words,
                 std::string fallback, std::string help);
  // Comma-separated, or a flag or key repeated. Blank items are a mistake; an empty value is an
  // empty list.
  Setting StringList(std::string name, std::vector<std::string>* into,
                     std::vector<std::string> fallback, std::string help);
  // host:port, with port 0 to 65535; an IPv6 host stands in brackets.
  Setting Address(std::string name, std::string* into, std::string fallback, std::string help);
  // Any path, existing or not.
  Setting Path(std::string name, std::string* into, std::string fallback, std::string help);
  // A regular file that this process may read. Empty (when not Required) means none.
  Setting FileThatExists(std::string name, std::string* into, std::string fallback,
                         std::string help);

  // A rule over several settings, asked after every single setting was good; each string is one
  // mistake. The bound members hold the new values while it runs.
  void Check(std::function<std::vector<std::string>()> rule);

  // Another default than the declared one, from `where` ("profiles:3"), which a mistake in it
  // names. False when there is no such setting. Before Parse.
  bool SetFallback(const std::string& name, std::string text, std::string where);

  // Everything that was declared, in that order.
  std::vector<SettingInfo> Settings() const;

  // Reads everything. Help goes to `out`; mistakes and warnings to `err`, each line beginning with
  // the program's name.
  Outcome Parse(int argc, const char* const* argv, const Environment& environment,
                std::ostream& out, std::ostream& err);
  // The same with the process's environment, standard output and standard error.
  Outcome Parse(int argc, const char* const* argv);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokenforge::config
