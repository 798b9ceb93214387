// What the command line's exit codes mean, for all commands alike. A code tells a script what to do
// next; the line on standard error tells people why.
//
//   0  done
//   1  refused or failed: the suite said no, or something here went wrong; again will not help
//   2  the call is wrong, or the configuration: a flag, a profile, a certificate, a file's mode
//   3  the suite cannot be reached, or not all of it: trying again later may help
//   4  not logged in, or the login has ended: `tokenforge login`
//   5  done in part: some rows refused, some guards behind, broken off; the output says which
//   6  the output could not be written (a full disk, a closed pipe); what was asked for was done
//   7  what was checked is not as it should be: a token that no guard accepts, a log that was
//      changed, a machine that is not well
//
// Pure; thread-safe.
#pragma once

#include <array>
#include <string_view>

#include "absl/status/status.h"

namespace tokenforge::cli {

enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kUnreachable = 3,
  kNotLoggedIn = 4,
  kPartly = 5,
  kOutput = 6,
  kNotAsItShould = 7,
};

struct ExitMeaning {
  ExitCode code;
  std::string_view meaning;  // one phrase, for help and the man page
};
inline constexpr std::array<ExitMeaning, 8> kExitMeanings = {{
    {ExitCode::kDone, "done"},
    {ExitCode::kFailed, "refused, or failed"},
    {ExitCode::kUsage, "the call or the configuration is wrong"},
    {ExitCode::kUnreachable, "the suite cannot be reached"},
    {ExitCode::kNotLoggedIn, "not logged in, or no longer"},
    {ExitCode::kPartly, "done in part"},
    {ExitCode::kOutput, "done, but the output could not be written"},
    {ExitCode::kNotAsItShould, "what was checked is not as it should be"},
}};

// The code of an error: the one that WithExitCode gave it, else by what the server said:
// UNAVAILABLE and DEADLINE_EXCEEDED are kUnreachable; what is wrong with a token or session, but
// not with a password or code, is kNotLoggedIn; everything else is kFailed.
ExitCode ExitCodeOf(const absl::Status& error);

// The same error, which ends the command with this code.
absl::Status WithExitCode(absl::Status error, ExitCode code);

// An error of the call or the configuration.
absl::Status UsageError(std::string_view message);

}  // namespace tokenforge::cli
