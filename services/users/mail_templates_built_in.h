// The template files of mail_templates/, as the build put them into the program.
#pragma once

#include <span>
#include <string_view>

namespace tokenforge::users {

struct BuiltInTemplate {
  std::string_view kind;
  std::string_view text;
  std::string_view html;
};

std::span<const BuiltInTemplate> BuiltInTemplates();

}  // namespace tokenforge::users
