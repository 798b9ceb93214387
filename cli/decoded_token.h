// DecodedToken: what an access token says of itself, for people who look at one.
//
// Nobody has verified any of it, and nothing is decided with it: whether the token is good is the
// guard's own verifier's to say (token_verdict.h). Lenient, so that a broken token can be looked at
// too. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/record.h"

namespace tokenforge::cli {

class DecodedToken {
 public:
  explicit DecodedToken(std::string_view token);

  // What kept it from being decoded; empty when it has three parts, and a header and claims that
  // are JSON objects.
  const std::string& fault() const { return fault_; }

  std::string header(const std::string& name) const;  // empty: none, or no text
  std::string claim(const std::string& name) const;
  std::optional<std::int64_t> number(const std::string& claim) const;
  std::vector<std::string> list(const std::string& claim) const;  // one text is a list of one

  // Every member, header first ("header_alg"), times as times.
  void AddTo(Record& record) const;

 private:
  struct Member {
    std::string name;
    std::optional<std::string> text;
    std::optional<std::int64_t> number;
    std::optional<std::vector<std::string>> list;
    std::string json;  // of anything else
  };
  using Members = std::vector<Member>;
  static const Member* Find(const Members& members, const std::string& name);
  static void AddTo(const Member& member, const std::string& name, Record& record);
  bool Read(std::string_view part, const char* what, Members& into);

  Members header_, claims_;
  std::string fault_;
};

}  // namespace tokenforge::cli
