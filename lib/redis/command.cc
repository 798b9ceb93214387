#include "lib/redis/command.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <vector>

#include "lib/redis/command_routes.h"
#include "lib/redis/key_slot.h"

namespace tokenforge::redis {
namespace {

void AppendHeader(std::string* wire, char kind, size_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  *wire += kind;
  wire->append(digits.data(), end);
  *wire += "\r\n";
}

void AppendBulk(std::string* wire, std::string_view bytes) {
  AppendHeader(wire, '$', bytes.size());
  *wire += bytes;
  *wire += "\r\n";
}

template <class Strings>
size_t SizeOf(const Strings& strings) {
  size_t size = 0;
  for (const auto& string : strings) size += string.size() + 16;
  return size;
}

std::string Sha1Hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  // Redis names scripts by SHA-1; it is an address here, not a protection.
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
    return {};
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

}  // namespace

Script::Script(std::string_view name, std::string_view source, Repeats repeats)
    : body_(std::make_shared<const Body>(
          Body{std::string(name), std::string(source), Sha1Hex(source), repeats})) {}

Command::Command(std::initializer_list<std::string_view> arguments)
    : Command(std::span<const std::string_view>(arguments.begin(), arguments.size())) {}

Command::Command(std::span<const std::string_view> arguments) : count_(arguments.size()) {
  if (!arguments.empty()) {
    label_ = arguments.front();
    may_repeat_ = OnlyReads(arguments.front());
    may_write_ = !may_repeat_;
  }
  if (const auto key = RoutingKeyOf(arguments)) slot_ = SlotOf(*key);
  wire_.reserve(16 + SizeOf(arguments));
  AppendHeader(&wire_, '*', count_);
  for (const std::string_view argument : arguments) AppendBulk(&wire_, argument);
}

Command::Command(const Script& script, std::span<const std::string> keys,
                 std::span<const std::string> arguments)
    : label_(script.name()),
      script_(script.body_),
      count_(3 + keys.size() + arguments.size()),
      may_repeat_(script.body_->repeats == Script::Repeats::kFreely) {
  for (const std::string& key : keys) {
    const int slot = SlotOf(key);
    spans_slots_ = spans_slots_ || (slot_ && *slot_ != slot);
    slot_ = slot;
  }
  wire_.reserve(96 + SizeOf(keys) + SizeOf(arguments));
  AppendHeader(&wire_, '*', count_);
  AppendBulk(&wire_, "EVALSHA");
  AppendBulk(&wire_, script.sha1());
  tail_ = wire_.size();
  AppendBulk(&wire_, std::to_string(keys.size()));
  for (const std::string& key : keys) AppendBulk(&wire_, key);
  for (const std::string& argument : arguments) AppendBulk(&wire_, argument);
}

void Command::UseSource() {
  std::string wire;
  wire.reserve(wire_.size() + script_->source.size());
  AppendHeader(&wire, '*', count_);
  AppendBulk(&wire, "EVAL");
  AppendBulk(&wire, script_->source);
  wire.append(wire_, tail_);
  wire_ = std::move(wire);
  script_ = nullptr;  // an EVAL cannot be unknown to the server: no second try
}

}  // namespace tokenforge::redis
