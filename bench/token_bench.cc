// Tokens: each figure is a ratio to the same OpenSSL operation alone, in slices taken in turn on
// one thread.
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <ctime>
#include <functional>
#include <memory>

#include "bench/echo_server.h"
#include "bench/parts.h"
#include "lib/jose/base64url.h"
#include "lib/jose/private_key.h"
#include "lib/jose/signer.h"
#include "lib/jose/verifier.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::bench {
namespace {

constexpr int kTokens = 64;
constexpr int kRounds = 15;

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// CPU microseconds an operation, over one slice of about 30 ms.
double Slice(const std::function<void(int)>& operation, int count) {
  const double began = CpuSeconds();
  for (int i = 0; i < count; ++i) operation(i);
  return (CpuSeconds() - began) * 1e6 / count;
}

int CountFor(const std::function<void(int)>& operation) {
  int count = 8;
  while (true) {
    const double took = Slice(operation, count) * count;
    if (took > 30'000) return count;
    count *= 2;
  }
}

// Median over rounds of bare ÷ ours: 1 means that ours costs nothing beside the operation itself.
double RatioOf(const std::function<void(int)>& bare, const std::function<void(int)>& ours) {
  const int bare_count = CountFor(bare), our_count = CountFor(ours);
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    const double a = Slice(bare, bare_count);
    ratios.push_back(a / Slice(ours, our_count));
  }
  return Median(ratios);
}

struct KeyCloser {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, KeyCloser>;
using EvpContext = std::unique_ptr<EVP_MD_CTX, KeyCloser>;

EvpKey ParseKey(const jose::PrivateKey& key) {
  const auto der = key.ToPkcs8();
  const auto* bytes = reinterpret_cast<const unsigned char*>(der->Expose().data());
  return EvpKey(d2i_AutoPrivateKey(nullptr, &bytes, static_cast<long>(der->Expose().size())));
}

const EVP_MD* DigestOf(jose::Algorithm algorithm) {
  return algorithm == jose::Algorithm::kEdDsa ? nullptr : EVP_sha256();
}

jose::AccessTokenClaims Claims() {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  jose::AccessTokenClaims claims;
  claims.issuer = kIssuer;
  claims.subject = uuid::NewId();
  claims.audiences = {kAudience};
  claims.issue_time = claims.not_before = now;
  claims.expire_time = now + std::chrono::minutes(15);
  claims.token_id = uuid::NewId();
  claims.session_id = uuid::NewId();
  claims.client_id = "spiffe://tokenforge.local/app";
  claims.roles = {"editor", "reviewer"};
  claims.scope = "notes.read notes.write";
  claims.email = "ada.lovelace@example.org";
  claims.auth_time = now;
  claims.amr = {"pwd"};
  return claims;
}

// The bare limit: parsed key, initialised context, and only the signature is checked.
class BareVerifier {
 public:
  BareVerifier(const jose::PrivateKey& key, const std::vector<std::string>& tokens)
      : one_shot_(key.algorithm() == jose::Algorithm::kEdDsa), key_(ParseKey(key)) {
    EVP_DigestVerifyInit(base_.get(), nullptr, DigestOf(key.algorithm()), nullptr, key_.get());
    for (const std::string& token : tokens) {
      const size_t dot = token.rfind('.');
      texts_.push_back(token.substr(0, dot));
      signatures_.push_back(Der(key, texts_.back()));
    }
  }
  void operator()(int i) {
    const std::string& text = texts_[static_cast<size_t>(i % kTokens)];
    const std::string& signature = signatures_[static_cast<size_t>(i % kTokens)];
    const auto* sig = reinterpret_cast<const unsigned char*>(signature.data());
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    EVP_MD_CTX_copy_ex(context_.get(), base_.get());
    int good = 0;
    if (one_shot_) {
      good = EVP_DigestVerify(context_.get(), sig, signature.size(), data, text.size());
    } else {
      EVP_DigestVerifyUpdate(context_.get(), data, text.size());
      good = EVP_DigestVerifyFinal(context_.get(), sig, signature.size());
    }
    if (good != 1) std::abort();
  }

 private:
  std::string Der(const jose::PrivateKey& key, const std::string& text) const {
    EvpContext context(EVP_MD_CTX_new());
    EVP_DigestSignInit(context.get(), nullptr, DigestOf(key.algorithm()), nullptr, key_.get());
    size_t size = 1024;
    std::string signature(size, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    signature.resize(size);
    return signature;
  }

  bool one_shot_;
  EvpKey key_;
  EvpContext base_{EVP_MD_CTX_new()};
  EvpContext context_{EVP_MD_CTX_new()};
  std::vector<std::string> texts_, signatures_;
};

double SigningRatio(const jose::PrivateKey& key, const jose::Signer& signer,
                    const std::string& text) {
  const bool one_shot = key.algorithm() == jose::Algorithm::kEdDsa;
  const EvpKey evp = ParseKey(key);
  const EvpContext base(EVP_MD_CTX_new()), context(EVP_MD_CTX_new());
  EVP_DigestSignInit(base.get(), nullptr, DigestOf(key.algorithm()), nullptr, evp.get());
  const auto bare = [&](int) {
    unsigned char signature[1024];
    size_t size = sizeof signature;
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    EVP_MD_CTX_copy_ex(context.get(), base.get());
    if (one_shot) {
      EVP_DigestSign(context.get(), signature, &size, data, text.size());
    } else {
      EVP_DigestSignUpdate(context.get(), data, text.size());
      EVP_DigestSignFinal(context.get(), signature, &size);
    }
  };
  const jose::AccessTokenClaims claims = Claims();
  const auto ours = [&](int) {
    if (!signer.SignAccessToken(claims).ok()) std::abort();
  };
  return RatioOf(bare, ours);
}

struct AlgorithmGoals {
  jose::Algorithm algorithm;
  const char* suffix;
  double verify, sign;
};

void MeasureAlgorithm(Report& report, const AlgorithmGoals& goals) {
  const jose::PrivateKey key = *jose::PrivateKey::Generate(goals.algorithm);
  const jose::Signer signer(key);
  std::vector<std::string> tokens;
  for (int i = 0; i < kTokens; ++i) tokens.push_back(*signer.SignAccessToken(Claims()));
  const jose::JwkSet keys = *jose::JwkSet::Parse(jose::JwkSet::Of({key.public_key()}).ToJson());
  const jose::Verifier verifier(
      *jose::ValidationPolicy::Create({.issuer = kIssuer, .audiences = {kAudience}}));
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto ours = [&](int i) {
    const auto checked = verifier.Check(tokens[static_cast<size_t>(i % kTokens)], keys, now);
    if (!std::holds_alternative<jose::VerifiedToken>(checked)) std::abort();
  };
  BareVerifier bare(key, tokens);
  const std::string suffix = goals.suffix;
  report.Add({"verify_ratio_" + suffix, RatioOf([&bare](int i) { bare(i); }, ours), "x",
              AtLeast(goals.verify), "whole verification, of the bare EVP rate"});
  const std::string text = tokens[0].substr(0, tokens[0].rfind('.'));
  report.Add({"sign_ratio_" + suffix, SigningRatio(key, signer, text), "x", AtLeast(goals.sign),
              "signing a whole token, of the bare EVP rate"});
}

// A guard that has verified `count` tokens before, asked for them over and over.
double CachedMicroseconds(const jose::Signer& signer, int count) {
  auto trust = std::make_shared<Trust>();
  if (!trust->PublishKeys(jose::JwkSet::Of({signer.public_key()}).ToJson()).ok()) std::abort();
  const EchoServer server(trust);
  const Guard& guard = server.guard();
  std::vector<std::string> tokens;
  for (int i = 0; i < count; ++i) tokens.push_back(*signer.SignAccessToken(Claims()));
  // Requests do not come in the order of the tokens' memory.
  std::vector<size_t> order(static_cast<size_t>(count));
  for (size_t i = 0; i < order.size(); ++i) order[i] = (i * 7919) % order.size();
  const auto look_up = [&](int i) {
    if (!guard.VerifyToken(tokens[order[static_cast<size_t>(i % count)]]).ok()) std::abort();
  };
  for (int i = 0; i < count; ++i) look_up(i);
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) rounds.push_back(Slice(look_up, 50'000));
  return Median(rounds);
}

}  // namespace

void MeasureTokens(Report& report) {
  for (const AlgorithmGoals& goals :
       {AlgorithmGoals{jose::Algorithm::kRs256, "rs256", 0.92, 0.98},
        AlgorithmGoals{jose::Algorithm::kEs256, "es256", 0.94, 0.87},
        AlgorithmGoals{jose::Algorithm::kEdDsa, "eddsa", 0.98, 0.95}}) {
    MeasureAlgorithm(report, goals);
  }
  const jose::Signer signer(*jose::PrivateKey::Generate(jose::Algorithm::kEs256));
  report.Add({"verify_cached_us", CachedMicroseconds(signer, 10'000), "µs", AtMost(1),
              "verification of a token seen before, 10,000 live tokens"});
  report.Add({"verify_cached_hot_us", CachedMicroseconds(signer, 200), "µs", AtMost(0.25),
              "the same over 200 hot tokens"});
}

}  // namespace tokenforge::bench
