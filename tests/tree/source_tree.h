// The files of this repository as data, for the checks of its shape (arrows, budgets, names).
//
// Read once from disk, or made by hand in the tests of the checks themselves. Values only;
// thread-safe as such.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tokenforge::tree {

// One file: its path from the root, with forward slashes, and its lines without their ends.
struct SourceFile {
  std::string path;
  std::vector<std::string> lines;
};

// One include line of a file: what stands between the quotes or angle brackets.
struct Include {
  std::string target;
  bool quoted = false;  // "…" rather than <…>
  int line = 0;         // from 1
};

// Every text file under `root` that belongs to the repository: no build output, no .git, no fetched
// packages. Sorted by path. Throws std::filesystem::filesystem_error when `root` cannot be read.
std::vector<SourceFile> ReadTree(const std::filesystem::path& root);

// Whether a file is C++ of ours: .h or .cc.
bool IsCpp(const SourceFile& file);

// The include lines of a C++ file, in order.
std::vector<Include> IncludesOf(const SourceFile& file);

}  // namespace tokenforge::tree
