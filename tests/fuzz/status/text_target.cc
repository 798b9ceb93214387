#include <cstdlib>
#include <string>

#include "services/auth/status/html.h"
#include "tests/fuzz/status/targets.h"

namespace tokenforge::fuzz {
namespace {

constexpr std::string_view kUnshown = "\xEF\xBF\xBD";

std::string Shown(std::string_view text) {
  auth::status::Html html;
  html.Text(text);
  return std::move(html).Take();
}

void Must(bool holds) {
  if (!holds) std::abort();
}

void MustBeEntities(const std::string& shown) {
  for (std::size_t at = shown.find('&'); at != std::string::npos; at = shown.find('&', at + 1)) {
    bool known = false;
    for (const char* entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
      known = known || shown.compare(at, std::string_view(entity).size(), entity) == 0;
    }
    Must(known);
  }
}

}  // namespace

bool CheckText(std::string_view bytes) {
  const std::string shown = Shown(bytes);
  for (const char c : shown) {
    Must(c != '<' && c != '>' && c != '"' && c != '\'');
    Must(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  }
  MustBeEntities(shown);
  const bool hid = shown.find(kUnshown) != std::string::npos;
  Must((Shown(shown).find(kUnshown) != std::string::npos) == hid);

  auth::status::Html cut;
  cut.Text(bytes, 5);
  Must(std::move(cut).Take().size() <= 5 * 6 + 3);
  return !hid && shown == bytes;
}

}  // namespace tokenforge::fuzz
