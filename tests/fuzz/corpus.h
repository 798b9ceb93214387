// The corpora as plain tests: each entry, and a fixed number of mutations of it, go through the
// target, which ends the process when a promise is broken. The mutations are always the same, so a
// failure repeats.
//
// A corpus is the folder corpus/TARGET beside the test, one file an entry; `words` beside it are
// what its parsers like, one a line as in libFuzzer's dictionaries ("text", with \" \\ \xAB), and
// serve both libFuzzer and the mutations here. Pure but for reading those files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tokenforge::fuzz {

// A target: ends the process when a promise is broken; otherwise whether the bytes were accepted.
using Check = bool (*)(std::string_view bytes);

// Runs `check` over corpus/NAME, over `more` and over mutations of both. Returns how many of the
// former two were accepted, so that a target that has gone deaf is noticed. A corpus of fewer than
// ten entries is a failure: it was not found.
int RunCorpus(const std::string& name, Check check, const std::vector<std::string>& more = {});

}  // namespace tokenforge::fuzz
