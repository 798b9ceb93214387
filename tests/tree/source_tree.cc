#include "tests/tree/source_tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace tokenforge::tree {
namespace {

constexpr std::array<std::string_view, 4> kForeignFolders = {".git", ".dev", "build",
                                                             "node_modules"};

bool IsForeign(const std::filesystem::path& name) {
  return std::find(kForeignFolders.begin(), kForeignFolders.end(), name.string()) !=
         kForeignFolders.end();
}

// A NUL byte marks a binary file: pictures have no lines.
bool ReadLines(const std::filesystem::path& path, std::vector<std::string>& lines) {
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    if (line.find('\0') != std::string::npos) return false;
    lines.push_back(std::move(line));
  }
  return true;
}

}  // namespace

std::vector<SourceFile> ReadTree(const std::filesystem::path& root) {
  std::vector<SourceFile> files;
  for (std::filesystem::recursive_directory_iterator entry(root), end; entry != end; ++entry) {
    if (entry->is_directory() && IsForeign(entry->path().filename())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && !entry->is_symlink()) {
      SourceFile file{entry->path().lexically_relative(root).generic_string(), {}};
      if (ReadLines(entry->path(), file.lines)) files.push_back(std::move(file));
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

bool IsCpp(const SourceFile& file) {
  return file.path.ends_with(".h") || file.path.ends_with(".cc");
}

std::vector<Include> IncludesOf(const SourceFile& file) {
  constexpr std::string_view kDirective = "#include ";
  std::vector<Include> includes;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    if (!line.starts_with(kDirective) || line.size() < kDirective.size() + 2) continue;
    const char open = line[kDirective.size()];
    const size_t begin = kDirective.size() + 1;
    const size_t end = line.find(open == '<' ? '>' : '"', begin);
    if ((open != '<' && open != '"') || end == std::string::npos) continue;
    includes.push_back({line.substr(begin, end - begin), open == '"', static_cast<int>(i) + 1});
  }
  return includes;
}

}  // namespace tokenforge::tree
