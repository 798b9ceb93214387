// `tokenforge totp enroll` and `tokenforge totp disable`: a person's second factor from a terminal.
//
// Enrolling shows the secret as a QR code and as text, asks for a code of the app, and shows the
// recovery codes, once. Disabling asks for the password. What is secret is read from a file or the
// terminal, never from an argument. Blocks; used by one thread.
#pragma once

#include <iosfwd>

namespace tokenforge::cli {

// The arguments from "totp" on. Questions go to `err`, so that `out` can be kept. Returns the
// process's exit code: 0, 1 when it did not come out well, 2 for a mistake in the arguments.
int Totp(int argc, const char* const* argv, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace tokenforge::cli
