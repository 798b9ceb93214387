# Writes OUTPUT: the templates KIND.txt and KIND.html of FOLDER as C++. Run with cmake -P.
file(GLOB texts "${FOLDER}/*.txt")
list(SORT texts)
set(entries "")
foreach(text IN LISTS texts)
  cmake_path(GET text STEM kind)
  file(READ "${text}" plain)
  file(READ "${FOLDER}/${kind}.html" html)
  string(APPEND entries "    {\"${kind}\", R\"==(${plain})==\", R\"==(${html})==\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"services/users/mail_templates_built_in.h\"

namespace tokenforge::users {
namespace {

constexpr BuiltInTemplate kTemplates[] = {
${entries}};

}  // namespace

std::span<const BuiltInTemplate> BuiltInTemplates() { return kTemplates; }

}  // namespace tokenforge::users
")
