// tokenforge admin token: an administrator's access token in a file that nobody else may read, for
// `tokenforge audit --token-file` and for calls by hand.
//
// The token lasts as long as the suite lets access tokens (15 minutes), and its session goes on
// until it is ended or idles out: `tokenforge admin keys revoke-all --end-sessions`, or a logout in
// any client, end it. Exit codes: 0 written; 1 not; 2 wrong usage. Blocks; used by one thread.
#pragma once

#include <ostream>

namespace tokenforge::cli {

int AdminToken(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace tokenforge::cli
