// tokenforge policy: the access table of a set of protos, for reviewers: who may call each method,
// and every fault of the rules.
//
// It decides as a guard does when it starts, by the same code, but for what only the server knows:
// its GuardOptions::rules, generic services, and its own trust domain, audiences and bounds, which
// can be told. Used by one thread.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/command.h"

namespace tokenforge::cli {

struct PolicyOptions {
  std::vector<std::string> import_folders;   // -I
  std::vector<std::string> descriptor_sets;  // --descriptor-set
  std::vector<std::string> protos;           // .proto files
  std::string overlay;                       // --overlay: a policy file
  std::string trust_domain;                  // --trust-domain: of `peers` that are paths
  bool json = false;                         // --json
};

// Reads the command line, from the program's name on, and does what it says. 0: every method has
// a sound rule. 1: there are faults; all are named on `err` (with --json also on `out`), and the
// table shows what is known. 2: the command line is wrong.
int Policy(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

Command PolicyCommand();

// The same as Policy for options that were read.
int RunPolicy(const PolicyOptions& options, std::ostream& out, std::ostream& err);

}  // namespace tokenforge::cli
