#include "lib/jose/refusal.h"

#include <string_view>

namespace tokenforge::jose {
namespace {

using errors::Reason;
namespace reasons = errors::reasons;

struct Answer {
  Reason reason;
  std::string_view message;
};

Answer AnswerOf(Refusal refusal) {
  switch (refusal) {
    case Refusal::kMalformed:
      return {reasons::TOKEN_MALFORMED, "the access token is malformed; get a new one"};
    case Refusal::kExpired:
      return {reasons::TOKEN_EXPIRED, "the access token has expired; refresh it and try again"};
    case Refusal::kNotYetValid:
      return {reasons::TOKEN_NOT_YET_VALID, "the access token is not valid yet; check the clocks"};
    case Refusal::kWrongIssuer:
      return {reasons::TOKEN_WRONG_ISSUER, "the access token is not from this server's issuer"};
    case Refusal::kWrongAudience:
      return {reasons::TOKEN_WRONG_AUDIENCE,
              "the access token is for another audience; ask for this one"};
    case Refusal::kWrongType:
      return {reasons::TOKEN_WRONG_TYPE, "the token is not an access token (typ at+jwt)"};
    case Refusal::kBadSignature:
      return {reasons::TOKEN_BAD_SIGNATURE,
              "the access token's signature is not valid; get a new one"};
    case Refusal::kUnknownKey:
      return {reasons::TOKEN_UNKNOWN_KEY,
              "the access token's key is not trusted here; get a new token"};
  }
  return {reasons::TOKEN_MALFORMED, "the access token was refused"};
}

}  // namespace

errors::Reason ReasonOf(Refusal refusal) { return AnswerOf(refusal).reason; }

absl::Status ToStatus(Refusal refusal) {
  const Answer answer = AnswerOf(refusal);
  return errors::Make(answer.reason, answer.message);
}

}  // namespace tokenforge::jose
