// What the verifier stands on: UTF-8, and the two forms of an ECDSA signature.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/jose/algorithm.h"
#include "lib/jose/ecdsa_form.h"
#include "lib/jose/json_writer.h"
#include "lib/jose/utf8.h"
#include "lib/secret/random.h"

namespace tokenforge::jose {
namespace {

TEST(Utf8Test, KnowsWellFormedText) {
  for (const char* text : {"", "ascii", "zo\xc3\xab", "\xe2\x82\xac", "\xf0\x9f\x94\x91",
                           "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
}

TEST(Utf8Test, RefusesIllFormedText) {
  for (const char* text : {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                           "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "a\xe2\x82z"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

TEST(Utf8Test, JudgesEveryByteInEveryPlaceOfAWord) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 19; ++place) {
      std::string text(19, 'a');
      text[place] = static_cast<char>(byte);
      const bool space = byte == '\t' || byte == '\n' || byte == '\r';
      const TextKind expected = byte >= 0x80 || (byte < 0x20 && !space) ? TextKind::kInvalid
                                : byte == '\\' || space                 ? TextKind::kRich
                                                                        : TextKind::kPlain;
      EXPECT_EQ(JudgeJsonText(text), expected) << byte << " at " << place;
    }
  }
}

TEST(Utf8Test, PrintableTextHoldsNoControls) {
  EXPECT_TRUE(IsPrintableText("zo\xc3\xab@example.org"));
  for (const char* text : {"a\nb", "a\x1b[0m", "a\x7f", "\xff"})
    EXPECT_FALSE(IsPrintableText(text));
  EXPECT_FALSE(IsPrintableText(std::string("a\0b", 3)));
  EXPECT_FALSE(IsCleanText(std::string("a\0b", 3)));
  EXPECT_TRUE(IsCleanText("a\nb"));
}

TEST(JsonWriterTest, EscapesWhatJsonMustEscape) {
  JsonWriter writer;
  writer.Text("a\"", std::string("\\ \" \n \x1a \x1f \0 zo\xc3\xab \x7f", 18));
  writer.Number("n", -7);
  const std::vector<std::string> some = {"", "x"};
  writer.List("l", some);
  writer.List("e", {});
  EXPECT_EQ(std::move(writer).Take(),
            "{\"a\\\"\":\"\\\\ \\\" \\u000a \\u001a \\u001f \\u0000 zo\xc3\xab "
            "\x7f\",\"n\":-7,\"l\":[\"\",\"x\"],\"e\":[]}");
  EXPECT_EQ(JsonWriter().Take(), "{}");
}

TEST(AlgorithmTest, KnowsExactlyThreeNames) {
  for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
    EXPECT_EQ(AlgorithmOf(Name(algorithm)), algorithm);
  }
  for (const char* name :
       {"",      "none",  "None",  "nOnE",   "NONE",   "HS256",  "HS384",   "HS512",
        "RS384", "RS512", "PS256", "ES384",  "ES256K", "ES512",  "Ed25519", "EDDSA",
        "eddsa", "rs256", "Rs256", "RS256 ", " RS256", "RS2560", "RS25",    "ES256\n"}) {
    EXPECT_FALSE(AlgorithmOf(name).has_value()) << name;
  }
  EXPECT_FALSE(AlgorithmOf(std::string("RS256\0", 6)).has_value());
}

TEST(EcdsaFormTest, BothFormsHoldTheSame) {
  std::string zeros(32, '\0'), ones(32, '\xff'), high(32, '\0'), small(32, '\0');
  high[0] = '\x80';
  small[31] = 1;
  for (const std::string& r : {zeros, ones, high, small, secret::RandomBytes(32)}) {
    for (const std::string& s : {zeros, ones, high, small, secret::RandomBytes(32)}) {
      const auto der = DerFromJose(r + s);
      ASSERT_TRUE(der.has_value());
      const std::string_view bytes(reinterpret_cast<const char*>(der->bytes.data()), der->size);
      EXPECT_EQ(JoseFromDer(bytes), r + s);
      EXPECT_FALSE(JoseFromDer(bytes.substr(0, bytes.size() - 1)));
      EXPECT_FALSE(JoseFromDer(std::string(bytes) + '\0'));
    }
  }
}

TEST(EcdsaFormTest, RefusesEveryOtherSize) {
  for (const std::size_t size : {0u, 1u, 63u, 65u, 70u, 71u, 72u, 96u, 24u * 1024}) {
    EXPECT_FALSE(DerFromJose(std::string(size, '\x01')).has_value()) << size;
  }
}

TEST(EcdsaFormTest, RefusesWhatIsNotDer) {
  for (const std::string& der :
       {std::string(), std::string("\x30"), std::string("\x30\x00", 2),
        std::string("\x30\x81\x44", 3), std::string("\x30\x06\x02\x01\x01\x02\x02\x01", 8),
        std::string("\x31\x06\x02\x01\x01\x02\x01\x01", 8),
        std::string("\x30\x06\x02\x01\x01\x03\x01\x01", 8),
        std::string("\x30\x04\x02\x00\x02\x00", 6), std::string(5000, '\x30')}) {
    EXPECT_FALSE(JoseFromDer(der));
  }
  EXPECT_TRUE(JoseFromDer(std::string("\x30\x06\x02\x01\x01\x02\x01\x01", 8)));
}

}  // namespace
}  // namespace tokenforge::jose
