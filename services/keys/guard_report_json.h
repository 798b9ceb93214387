// A guard report as one line of JSON, as the store keeps it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/keys/guard_report.h"

namespace tokenforge::keys {

std::string WriteReport(const GuardReport& report);
// Nothing when a member is missing or of another type.
std::optional<GuardReport> ReadReport(std::string_view json);

}  // namespace tokenforge::keys
