#include "lib/rpc/target.h"

#include <gtest/gtest.h>

#include "lib/errors/errors.h"

namespace tokenforge::rpc {
namespace {

TEST(Target, ANameStaysAsItIs) {
  for (const char* name : {"keys:7445", "127.0.0.1:7445", "[::1]:7445", "unix:///run/keys.sock",
                           "dns:///keys.tokenforge.svc:7445", "dns://10.0.0.53/keys.svc:7445"}) {
    EXPECT_EQ(TargetOf(name).value(), name);
    EXPECT_EQ(TargetFault("keys-address", name), "");
    EXPECT_EQ(AddressCount(name), 1u);
  }
}

TEST(Target, AListOfAddressesIsOneTarget) {
  EXPECT_EQ(TargetOf("10.0.0.1:7445,10.0.0.2:7445").value(), "ipv4:10.0.0.1:7445,10.0.0.2:7445");
  EXPECT_EQ(TargetOf("[::1]:7445,[2001:db8::2]:1").value(), "ipv6:[::1]:7445,[2001:db8::2]:1");
  EXPECT_EQ(AddressCount("10.0.0.1:7445,10.0.0.2:7445"), 2u);
}

TEST(Target, BlanksAroundAddressesDoNotMatter) {
  EXPECT_EQ(TargetOf(" 10.0.0.1:1 ,\t10.0.0.2:2 ").value(), "ipv4:10.0.0.1:1,10.0.0.2:2");
}

TEST(Target, RefusesListsThatGrpcCannotResolve) {
  for (const char* list :
       {"", "a:1,b:1", "10.0.0.1:1,", ",10.0.0.1:1", "10.0.0.1:1,,10.0.0.2:1", "10.0.0.1,10.0.0.2",
        "10.0.0.1:1,[::1]:1", "10.0.0.1:1,unix:///x", "10.0.0.1:0,10.0.0.2:1",
        "10.0.0.1:65536,10.0.0.2:1", "10.0.0.1:1x,10.0.0.2:1", "[10.0.0.1]:1,[10.0.0.2]:1",
        "dns:///a:1,dns:///b:1", "::1:1,::2:1"}) {
    const auto target = TargetOf(list);
    EXPECT_EQ(errors::ReasonOf(target.status()), errors::reasons::INVALID_FIELD) << list;
    EXPECT_NE(TargetFault("keys-address", list).find("keys-address must"), std::string::npos);
  }
}

}  // namespace
}  // namespace tokenforge::rpc
