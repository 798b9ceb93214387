#include "tests/tree/arrows.h"

#include <map>
#include <regex>
#include <set>
#include <string_view>

namespace tokenforge::tree {
namespace {

// What an include may never be. `edge` is matched against "including file -> included path".
struct Arrow {
  const char* edge;
  bool transitive;  // also what the included headers of this tree include
  const char* why;
};

#define REDIS "(hiredis|lib/redis/)"
#define SQL "(soci|sqlite3|libpq|postgresql|lib/sql/)"
#define GRPC "(grpc|.*\\.grpc\\.pb\\.h|lib/rpc/)"

constexpr Arrow kArrows[] = {
    {"^lib/.* -> (services|interceptors|cli|bench|examples|tests)/", false,
     "lib/ knows nothing of what stands above it"},
    {"^interceptors/.* -> (services|cli|bench|examples|tests)/", false,
     "the guard is installed without the services"},
    {"^interceptors/.* -> "
     "lib/(?!(jose|secret|clock|sync|errors|telemetry|rpc|async|workers|uuid)/)",
     false, "the guard uses only the few libraries that are installed with it"},
    {"^services/([a-z]+)/.* -> services/(?!\\1/)", true, "services meet only through proto/"},
    {"^services/.* -> (cli|bench|examples|tests)/", false, "a deployable needs no tool"},
    {"^cli/.* -> (bench|examples|tests)/", false, "the command line is installed without these"},
    {"^bench/.* -> examples/", false, "examples are built apart, from the installed package"},
    {"^examples/.* -> (services|cli|bench|tests)/", false,
     "an example sees only the installed package"},
    {"^interceptors/.* -> " REDIS, true, "who installs the guard does not pay for Redis"},
    {"^interceptors/.* -> " SQL, true, "who installs the guard does not pay for SQL"},
    {"^interceptors/tokenforge/.* -> (openssl|rapidjson|spdlog|prometheus)/", true,
     "the guard's public headers show nobody else's"},
    {"^lib/redis/.* -> " GRPC, true, "lib/redis never sees gRPC"},
    {"^lib/rpc/.* -> " REDIS, true, "lib/rpc never sees Redis"},
    {"^lib/jose/.* -> " GRPC, true, "lib/jose never sees gRPC"},
    {"^lib/jose/.* -> (lib/(clock|redis)/|sys/socket|netinet/|netdb)", true,
     "lib/jose has neither clock nor socket: it is given both time and keys"},
    {"^lib/jose/.*\\.h -> openssl/", true, "lib/jose shows OpenSSL only to its .cc files"},
    {"^services/.*_service\\.(h|cc) -> " REDIS, false, "an edge never names Redis"},
    {"^services/.*_service\\.(h|cc) -> " SQL, false, "an edge never names SQL"},
    {"^services/.*_store(_[a-z]+)?\\.(h|cc) -> " GRPC, true, "a store never sees gRPC"},
    {"^services/.*_store\\.h -> " REDIS, true, "a store's interface does not name its bodies"},
    {"^services/.*_store\\.h -> " SQL, true, "a store's interface does not name its bodies"},
};

#undef REDIS
#undef SQL
#undef GRPC

class Checker {
 public:
  explicit Checker(const std::vector<SourceFile>& files) {
    for (const Arrow& arrow : kArrows) edges_.emplace_back(arrow.edge, std::regex::optimize);
    for (const SourceFile& file : files) {
      if (IsCpp(file)) includes_[file.path] = IncludesOf(file);
    }
    for (auto& [path, includes] : includes_) {
      for (Include& include : includes) include.target = PlaceOf(include.target);
    }
  }

  std::vector<std::string> Run() {
    for (const auto& [path, includes] : includes_) {
      CheckPlaces(path, includes);
      CheckOwnHeaderFirst(path, includes);
      std::set<std::string> seen = {path};
      Follow(path, path, seen);
    }
    return std::move(violations_);
  }

 private:
  // The guard's public headers are included as others include them: tokenforge/guard.h.
  std::string PlaceOf(const std::string& target) const {
    const std::string in_guard = "interceptors/" + target;
    return includes_.contains(in_guard) ? in_guard : target;
  }

  // Compares everything that `from` reaches through `through` with the table.
  void Follow(const std::string& from, const std::string& through, std::set<std::string>& seen) {
    const auto found = includes_.find(through);
    if (found == includes_.end()) return;
    for (const Include& include : found->second) {
      if (!seen.insert(include.target).second) continue;
      CompareWithTable(from, through, include);
      Follow(from, include.target, seen);
    }
  }

  void CompareWithTable(const std::string& from, const std::string& through,
                        const Include& include) {
    const std::string edge = from + " -> " + include.target;
    for (size_t i = 0; i < edges_.size(); ++i) {
      if (from != through && !kArrows[i].transitive) continue;
      if (!std::regex_search(edge, edges_[i], std::regex_constants::match_continuous)) continue;
      const std::string way = from == through ? "" : " (through " + through + ")";
      violations_.push_back(from + " includes " + include.target + way + ": " + kArrows[i].why);
    }
  }

  // "x.h" beside the file, "../x.h" and paths of files that are not there: all read differently
  // from another folder.
  void CheckPlaces(const std::string& path, const std::vector<Include>& includes) {
    static const std::regex ours("^(lib|services|interceptors|cli|bench|tests)/.*");
    for (const Include& include : includes) {
      const bool generated = include.target.ends_with(".pb.h");
      if (!include.quoted || generated || path.starts_with("examples/")) continue;
      const bool missing =
          std::regex_match(include.target, ours) && !includes_.contains(include.target);
      const bool from_root =
          include.target.find('/') != std::string::npos && !include.target.starts_with(".");
      if (missing || !from_root) {
        violations_.push_back(path + ":" + std::to_string(include.line) + " includes \"" +
                              include.target +
                              "\": an include is the path of a file from the root");
      }
    }
  }

  void CheckOwnHeaderFirst(const std::string& path, const std::vector<Include>& includes) {
    if (!path.ends_with(".cc") || path.starts_with("examples/")) return;
    const std::string header = path.substr(0, path.size() - 2) + "h";
    if (!includes_.contains(header)) return;
    if (includes.empty() || includes.front().target != header) {
      violations_.push_back(path + " does not include " + header +
                            " first, which would show that it compiles alone");
    }
  }

  std::vector<std::regex> edges_;
  std::map<std::string, std::vector<Include>> includes_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> ArrowViolations(const std::vector<SourceFile>& files) {
  return Checker(files).Run();
}

}  // namespace tokenforge::tree
