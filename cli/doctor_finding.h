// Finding: one thing that the doctor looked at, how it is, and what to do when it is not well.
//
// The looks are functions that each answer with findings and never fail themselves. They block for
// some seconds at most, and change nothing. Used by one thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/facade.h"

namespace tokenforge::cli {

enum class Health { kGood, kWarning, kProblem };

struct Finding {
  std::string check;  // "certificate", "clock", …
  Health health = Health::kGood;
  std::string found;
  std::string remedy = {};  // of a warning or problem
};
using Findings = std::vector<Finding>;

// Who may read and change what is secret here: the key, the kept login, the file of profiles.
Findings LookAtFiles(const FacadeOptions& facade, const std::string& token_file,
                     const std::string& folder);

// Whether our certificate, key and CA fit together, whose they are and how long they last. A
// warning from a third of its life before its end.
Findings LookAtCertificates(const FacadeOptions& facade);

// Whether the façade can be reached and is who it should be, its keys, and the difference between
// our clocks (a warning over 5 s, a problem over the 30 s that verifiers allow).
Findings LookAtFacade(const FacadeOptions& facade);

// What a service says of itself at its operators' port: ready, and each condition that does not
// hold. `named` is "NAME=HOST:PORT".
Findings LookAtService(const std::string& named);

}  // namespace tokenforge::cli
