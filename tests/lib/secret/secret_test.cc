#include "lib/secret/secret.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/secret/digest.h"
#include "lib/secret/process.h"
#include "lib/secret/random.h"

namespace tokenforge::secret {
namespace {

template <class T>
concept Printable = requires(std::ostream& stream, const T& value) { stream << value; };
template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };

// The type's promises, checked by the compiler.
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> &&
              std::is_nothrow_move_assignable_v<Secret>);
static_assert(!Printable<Secret>);
static_assert(!Comparable<Secret>);

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string ToHex(const Digest& digest) {
  std::string hex;
  for (const unsigned char byte : digest) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", byte);
    hex += two;
  }
  return hex;
}

TEST(SecretTest, HoldsBytesIncludingNul) {
  const std::string bytes("a\0b", 3);
  const Secret secret{std::string_view(bytes)};
  EXPECT_EQ(secret.Expose(), bytes);
  EXPECT_EQ(secret.size(), 3u);
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(Secret(std::string_view()).Expose(), "");
}

TEST(SecretTest, TakeWipesTheStringItTakes) {
  std::string held = "short";  // fits the string's own buffer: nothing may stay there
  const char* const inside = held.data();
  const Secret secret = Secret::Take(std::move(held));
  EXPECT_EQ(secret.Expose(), "short");
  EXPECT_EQ(std::string(inside, 5), std::string(5, '\0'));
}

TEST(SecretTest, WipeAlsoClearsWhatALongerValueLeft) {
  std::string held = "a longer value that lives on the heap";
  const std::size_t size = held.size();
  const char* const inside = held.data();
  held.resize(3);
  Wipe(held);
  EXPECT_TRUE(held.empty());
  EXPECT_EQ(std::string(inside, size), std::string(size, '\0'));
}

TEST(SecretTest, MovedFromIsEmpty) {
  Secret first(std::string_view("one"));
  Secret second(std::move(first));
  EXPECT_EQ(second.Expose(), "one");
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the point of the test
  Secret third(std::string_view("three"));
  third = std::move(second);
  EXPECT_EQ(third.Expose(), "one");
  EXPECT_TRUE(second.Expose().empty());  // NOLINT(bugprone-use-after-move)
  Secret& same = third;
  third = std::move(same);
  EXPECT_EQ(third.Expose(), "one");
}

TEST(SecretTest, CloneIsIndependent) {
  Secret copy;
  {
    const Secret original(std::string_view("key"));
    copy = original.Clone();
    EXPECT_NE(copy.Expose().data(), original.Expose().data());
  }
  EXPECT_EQ(copy.Expose(), "key");
}

TEST(SecretTest, EqualsLooksAtEveryByte) {
  const std::string bytes = RandomBytes(64);
  const Secret secret{std::string_view(bytes)};
  EXPECT_TRUE(secret.Equals(bytes));
  EXPECT_TRUE(secret.Equals(secret.Clone()));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string other = bytes;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(secret.Equals(other)) << "byte " << i;
  }
  EXPECT_FALSE(secret.Equals(bytes.substr(1)));
  EXPECT_FALSE(secret.Equals(bytes + '\0'));
  EXPECT_FALSE(secret.Equals(""));
  EXPECT_TRUE(ConstantTimeEquals("", ""));
}

TEST(RandomTest, BytesDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(RandomBytes(16));
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(RandomBytes(0).size(), 0u);
  EXPECT_EQ(RandomSecret(32).size(), 32u);
  EXPECT_FALSE(RandomSecret(32).Equals(RandomSecret(32)));
}

TEST(DigestTest, Sha256MatchesFips180Examples) {
  EXPECT_EQ(ToHex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DigestTest, HmacMatchesRfc4231) {
  const HmacKey one(Secret::Take(FromHex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")));
  EXPECT_EQ(ToHex(one.Sign("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  const HmacKey three(Secret::Take(std::string(20, '\xaa')));
  EXPECT_EQ(ToHex(three.Sign(std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  const HmacKey six(Secret::Take(std::string(131, '\xaa')));  // longer than a block
  EXPECT_EQ(ToHex(six.Sign("Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(DigestTest, HmacVerifiesTheWholeMacOnly) {
  const HmacKey key(RandomSecret(32));
  const std::string mac{AsBytes(key.Sign("message"))};
  EXPECT_TRUE(key.Verify("message", mac));
  EXPECT_FALSE(key.Verify("messagf", mac));
  EXPECT_FALSE(key.Verify("message", mac.substr(0, 31)));
  EXPECT_FALSE(key.Verify("message", mac + '\0'));
  EXPECT_FALSE(key.Verify("message", ""));
  EXPECT_FALSE(HmacKey(RandomSecret(32)).Verify("message", mac));
}

TEST(DigestTest, HmacKeyIsSharedByThreads) {
  const HmacKey key(RandomSecret(32));
  const Digest expected = key.Sign("message");
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int& mine : wrong) {
    threads.emplace_back([&key, &expected, &mine] {
      for (int i = 0; i < 500; ++i) mine += key.Sign("message") != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(DigestDeathTest, HmacKeyMustNotBeShort) {
  EXPECT_DEATH(HmacKey{Secret()}, "at least 16 bytes");
  EXPECT_DEATH(HmacKey{Secret(std::string_view("fifteen bytes!!"))}, "at least 16 bytes");
}

TEST(ProcessTest, CoreDumpsAreOff) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    struct rlimit limit{1, 1};
    const bool off = DisableCoreDumps().ok() && ::prctl(PR_GET_DUMPABLE) == 0 &&
                     ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 &&
                     limit.rlim_max == 0;
    ::_exit(off ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace tokenforge::secret
