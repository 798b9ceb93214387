// tokenforge admin keys: the signing keys, for the day when one has leaked and for the drill before
// it (docs/operations.md).
//
//   list          every key with its state, newest first
//   rotate        the next key signs now; refused while a guard would not know it, unless --force
//   revoke        one key is trusted no more: tokens that it signed are refused, refreshing helps
//   revoke-all    no key of now is trusted any more; with --end-sessions everybody logs in anew
//
// Exit codes: 0: done, and every connected guard has applied it. 1: not done, `err` says why; after
// UNAVAILABLE it may have been done, and once more does no harm. 2: wrong usage. 3: done, but not
// every guard had applied it within a second; those that are cut off refuse nothing until they are
// back.
//
// Logs in as an administrator (admin_session.h). Blocks; used by one thread.
#pragma once

#include <ostream>

namespace tokenforge::cli {

int AdminKeys(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace tokenforge::cli
