#include "services/users/password_policy.h"

#include <optional>

#include "services/users/password_strength.h"
#include "services/users/text.h"

namespace tokenforge::users {
namespace {

bool IsLetterOrDigit(char c) {
  const bool ascii = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return ascii || (static_cast<unsigned char>(c) & 0x80) != 0;
}

// The words of a text, the longest first to be judged as a whole: "anna.berg@example.org" gives
// itself, "anna.berg" and its four words.
void AddWords(std::string_view text, std::vector<std::string>& words) {
  const std::string_view whole = text.substr(0, kJudgedPasswordBytes);
  if (whole.empty()) return;
  words.emplace_back(whole);
  const std::size_t at = whole.find('@');
  if (at != std::string_view::npos) words.emplace_back(whole.substr(0, at));
  std::string word;
  for (const char c : whole) {
    if (IsLetterOrDigit(c)) {
      word.push_back(c);
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty() && word.size() < whole.size()) words.push_back(std::move(word));
}

std::vector<std::string> WordsOf(const PasswordOwner& owner, std::vector<std::string> words) {
  AddWords(owner.email, words);
  AddWords(owner.given_name, words);
  AddWords(owner.family_name, words);
  return words;
}

constexpr const char* kTooCommon =
    "is too easy to guess; choose several words that do not belong together, or let a password "
    "manager make one";
constexpr const char* kFromWords =
    "is too easy to guess from your email, your name or the name of this service; choose several "
    "words that have nothing to do with them";

}  // namespace

std::string PasswordPolicy::FaultOfLength(std::string_view password,
                                          std::size_t code_points) const {
  if (code_points < rules_.min_code_points) {
    return "is too short; choose one of at least " + std::to_string(rules_.min_code_points) +
           " characters";
  }
  if (password.size() > rules_.max_bytes) {
    const std::string most = std::to_string(rules_.max_bytes);
    return "is too long; choose one of at most " + most + " bytes (" + most +
           " letters and digits of ASCII, fewer of other characters)";
  }
  return {};
}

PasswordFaults PasswordPolicy::FaultsOfNew(std::string_view password,
                                           const PasswordOwner& owner) const {
  PasswordFaults faults;
  if (password.empty()) {
    faults.invalid.push_back("is required");
    return faults;
  }
  if (password.find('\0') != std::string_view::npos) {
    faults.invalid.push_back("holds a NUL character; choose one without");
  }
  const std::optional<std::size_t> code_points = CountCodePoints(password);
  if (!code_points) faults.invalid.push_back("is not valid UTF-8");
  std::string length = FaultOfLength(password, code_points.value_or(password.size()));
  if (!length.empty()) faults.weak.push_back(std::move(length));
  if (!faults.invalid.empty() || rules_.min_guesses_log10 == 0) return faults;

  const PasswordStrength strength =
      StrengthOf(password.substr(0, kJudgedPasswordBytes), WordsOf(owner, rules_.words));
  if (strength.log10_guesses < rules_.min_guesses_log10) {
    faults.weak.push_back(strength.from_words ? kFromWords : kTooCommon);
  }
  return faults;
}

}  // namespace tokenforge::users
