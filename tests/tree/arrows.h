// Which folder may include which: the picture of CONTRIBUTING.md as a table, and the check of a
// tree against it.
//
// A pure function over files, so that the check itself is tested on small made-up trees.
#pragma once

#include <string>
#include <vector>

#include "tests/tree/source_tree.h"

namespace tokenforge::tree {

// One sentence for each include that goes against an arrow, directly or through other headers of
// the tree, for each quoted path that does not begin at the root, and for each .cc that does not
// include its own header first (which is what shows that such a header compiles alone). Empty when
// the tree is in order.
std::vector<std::string> ArrowViolations(const std::vector<SourceFile>& files);

}  // namespace tokenforge::tree
