#include "services/users/password_strength.h"

#include <zxcvbn.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "lib/secret/secret.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kShortestWord = 3;  // shorter ones are in everything
constexpr double kLog10Of2 = 0.30102999566398120;

struct MatchesDelete {
  void operator()(ZxcMatch_t* matches) const { ZxcvbnFreeInfo(matches); }
};

bool IsFromWords(const ZxcMatch_t& match) {
  const int type = match.Type & ~MULTIPLE_MATCH;
  return type == USER_MATCH || type == USER_LEET_MATCH;
}

}  // namespace

PasswordStrength StrengthOf(std::string_view password, const std::vector<std::string>& words) {
  std::vector<std::string> lower;
  for (const std::string& word : words) {
    if (word.size() >= kShortestWord) lower.push_back(absl::AsciiStrToLower(word));
  }
  std::vector<const char*> dictionary;
  for (const std::string& word : lower) dictionary.push_back(word.c_str());
  dictionary.push_back(nullptr);

  std::string text(password);  // zxcvbn wants a NUL behind it
  ZxcMatch_t* found = nullptr;
  const double bits = ZxcvbnMatch(text.c_str(), dictionary.data(), &found);
  const std::unique_ptr<ZxcMatch_t, MatchesDelete> matches(found);
  secret::Wipe(text);

  PasswordStrength strength;
  strength.log10_guesses = bits * kLog10Of2;
  for (const ZxcMatch_t* match = matches.get(); match != nullptr; match = match->Next) {
    strength.from_words = strength.from_words || IsFromWords(*match);
  }
  return strength;
}

}  // namespace tokenforge::users
