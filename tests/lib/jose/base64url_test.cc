#include "lib/jose/base64url.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/secret/random.h"

namespace tokenforge::jose::base64url {
namespace {

TEST(Base64UrlTest, EncodesRfc4648ExamplesWithoutPadding) {
  EXPECT_EQ(Encode(""), "");
  EXPECT_EQ(Encode("f"), "Zg");
  EXPECT_EQ(Encode("fo"), "Zm8");
  EXPECT_EQ(Encode("foo"), "Zm9v");
  EXPECT_EQ(Encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Encode("\xfb\xff\xfe"), "-__-");
  std::string text = "a.";
  Append("foob", text);
  EXPECT_EQ(text, "a.Zm9vYg");
}

TEST(Base64UrlTest, DecodesWhatItEncodes) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string bytes = secret::RandomBytes(size);
    const std::string text = Encode(bytes);
    EXPECT_EQ(text.size(), EncodedSize(size));
    EXPECT_EQ(DecodedSize(text.size()), size);
    EXPECT_EQ(Decode(text), bytes);
  }
}

TEST(Base64UrlTest, EveryTextIsTheOneEncodingOfItsBytesOrRefused) {
  const std::string some = "AQgZ_-x9=+/ .\n";
  for (const char a : some) {
    for (const char b : some) {
      for (const char c : some) {
        for (const std::string& text :
             {std::string{a}, std::string{a, b}, std::string{a, b, c}, std::string{'A', a, b, c},
              std::string{'A', 'A', 'A', 'A', a, b, c}}) {
          const auto bytes = Decode(text);
          if (bytes.has_value()) {
            EXPECT_EQ(Encode(*bytes), text);
          }
        }
      }
    }
  }
}

TEST(Base64UrlTest, RefusesEverySpareBit) {
  EXPECT_EQ(Decode("Zg"), "f");
  for (const char* text : {"Zh", "Zi", "Zk", "Zo"}) EXPECT_FALSE(Decode(text)) << text;
  EXPECT_EQ(Decode("Zm8"), "fo");
  for (const char* text : {"Zm9", "Zm-"}) EXPECT_FALSE(Decode(text)) << text;
}

TEST(Base64UrlTest, RefusesPaddingWhitespaceAndTheOtherAlphabet) {
  for (const char* text : {"Zg==", "Zm8=", "Zm9v=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v\r\n", "+___",
                           "/___", "Zm9.", "Zm9v\xc3\xa9", "A", "Zm9vA"}) {
    EXPECT_FALSE(Decode(text)) << text;
  }
  EXPECT_FALSE(Decode(std::string("Zm9v\0", 5)));
  EXPECT_FALSE(Decode(std::string("\0\0\0\0", 4)));
}

TEST(Base64UrlTest, RefusesEveryByteOutsideTheAlphabetInEveryPlace) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int byte = 0; byte < 256; ++byte) {
    const bool allowed = byte != 0 && alphabet.find(static_cast<char>(byte)) != std::string::npos;
    for (std::size_t place = 0; place < 4; ++place) {
      std::string text = "AAAA";
      text[place] = static_cast<char>(byte);
      EXPECT_EQ(Decode(text).has_value(), allowed) << byte << " at " << place;
    }
  }
}

}  // namespace
}  // namespace tokenforge::jose::base64url
