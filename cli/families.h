// The families of commands, each in a file of its own, for the table (commands.h).
#pragma once

#include <vector>

#include "cli/command.h"

namespace tokenforge::cli {

std::vector<Command> AccountCommands();   // register, login, refresh, logout, whoami
std::vector<Command> SessionCommands();   // sessions list|revoke
std::vector<Command> PasswordCommands();  // password change|reset-request|reset
std::vector<Command> TotpCommands();      // totp enroll|disable
std::vector<Command> TokenCommands();     // token inspect|print, introspect
std::vector<Command> UserCommands();      // admin users …, admin sessions …
std::vector<Command> HostCommands();      // admin bootstrap|import|token
std::vector<Command> KeyCommands();       // keys list|rotate|revoke|revoke-all
std::vector<Command> AuditCommands();     // audit list|export|verify
std::vector<Command> TrustCommands();     // trust watch
std::vector<Command> SuiteCommands();     // tour, calibrate, policy, doctor
std::vector<Command> ShellCommands();     // completion, man, version

Command BootstrapCommand();
Command ImportCommand();
Command AdminTokenCommand();
Command DoctorCommand();

}  // namespace tokenforge::cli
