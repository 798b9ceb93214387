#include "lib/jose/jwk_document.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/jose/json.h"

namespace tokenforge::jose {
namespace {

// Collects entries that open at one depth: 1, the root, for a JWK; 3, objects in the array `keys`
// of the root, for a set.
class EntryHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, EntryHandler> {
 public:
  EntryHandler(std::size_t entry_depth, std::size_t entries_limit)
      : entry_depth_(entry_depth), entries_limit_(entries_limit) {}

  // Every value but a string.
  bool Default() { return depth_ > 0 && Value(); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    if (JwkMember* member = CurrentMember()) {
      const std::string_view value(text, size);
      if (depth_ == entry_depth_) {
        member->is_text = true;
        member->text = value;
      } else if (depth_ == entry_depth_ + 1 && in_list_) {
        member->lists_verify = member->lists_verify || value == "verify";
      }
    }
    return Default();
  }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view name(text, size);
    if (InEntry() && depth_ == entry_depth_) return AddMember(name);
    if (depth_ == 1) return BeginRootMember(name);
    return true;
  }

  bool StartObject() {
    if (depth_ == json::kDepthLimit) return false;
    const bool opens = depth_ + 1 == entry_depth_ && (depth_ == 0 || in_keys_);
    if (opens) {
      AddEntry(true);
      in_entry_ = true;
    } else if (depth_ > 0) {
      Value();
    }
    ++depth_;
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (depth_ == entry_depth_) in_entry_ = false;
    --depth_;
    return true;
  }
  bool StartArray() {
    if (depth_ == 0 || depth_ == json::kDepthLimit) return false;
    if (depth_ == 1 && at_keys_) {
      found_keys_ = in_keys_ = true;
    } else {
      Value();
    }
    if (InEntry() && depth_ == entry_depth_) in_list_ = true;
    ++depth_;
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    if (depth_ == 1) in_keys_ = false;
    if (depth_ == entry_depth_) in_list_ = false;
    return true;
  }

  bool found_keys() const { return found_keys_; }
  std::vector<JwkEntry> TakeEntries() { return std::move(entries_); }

 private:
  bool InEntry() const { return in_entry_ && !entries_.empty(); }

  JwkMember* CurrentMember() {
    return InEntry() && !entries_.back().members.empty() ? &entries_.back().members.back()
                                                         : nullptr;
  }

  // A value in `keys` that is no object is an entry too: a bad one.
  bool Value() {
    if (in_keys_ && depth_ == 2) AddEntry(false);
    return true;
  }

  // One more than allowed is kept, so that the excess shows.
  void AddEntry(bool is_object) {
    if (entries_.size() <= entries_limit_) entries_.push_back({is_object, {}});
  }
  bool AddMember(std::string_view name) {
    std::vector<JwkMember>& members = entries_.back().members;
    // Past the limit the entry is lost anyway; the last member takes the values that nobody will
    // read.
    if (members.size() <= json::kMembersLimit) members.push_back({name, false, {}, false});
    return true;
  }

  bool BeginRootMember(std::string_view name) {
    at_keys_ = name == "keys";
    const bool known = std::find(root_names_.begin(), root_names_.end(), name) != root_names_.end();
    if (known || root_names_.size() == json::kMembersLimit) return false;
    root_names_.push_back(name);
    return true;
  }

  const std::size_t entry_depth_;
  const std::size_t entries_limit_;
  std::size_t depth_ = 0;
  bool at_keys_ = false;     // the root's member now is `keys`
  bool in_keys_ = false;     // inside its array
  bool found_keys_ = false;  // it is there, and an array
  bool in_entry_ = false;
  bool in_list_ = false;  // inside an array that is a member of an entry
  std::vector<std::string_view> root_names_;
  std::vector<JwkEntry> entries_;
};

// Parses in place; false when the text is not one JSON object that the handler takes.
absl::StatusOr<JwkDocument> Parse(std::string_view json, std::size_t limit, EntryHandler& handler) {
  if (json.size() > limit) {
    return absl::InvalidArgumentError(absl::StrCat("the document is over ", limit, " bytes"));
  }
  if (JudgeJsonText(json) == TextKind::kInvalid) {
    return absl::InvalidArgumentError("the document is not UTF-8 text");
  }
  JwkDocument document;
  document.text = std::make_unique<char[]>(json.size() + json::kPadding);
  std::copy(json.begin(), json.end(), document.text.get());
  rapidjson::InsituStringStream stream(document.text.get());
  rapidjson::Reader reader;
  if (reader.Parse<rapidjson::kParseInsituFlag>(stream, handler).IsError() ||
      stream.Tell() != json.size()) {
    return absl::InvalidArgumentError(
        "the document is not one JSON object without duplicate members");
  }
  document.entries = handler.TakeEntries();
  return document;
}

}  // namespace

const JwkMember* JwkEntry::Find(std::string_view name) const {
  for (const JwkMember& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

bool JwkEntry::Is(std::string_view name, std::string_view expected) const {
  const JwkMember* member = Find(name);
  return member != nullptr && member->is_text && member->text == expected;
}

bool JwkEntry::HasDuplicates() const {
  if (members.size() > json::kMembersLimit) return true;
  for (const JwkMember& member : members) {
    if (Find(member.name) != &member) return true;
  }
  return false;
}

absl::StatusOr<JwkDocument> ParseJwkSet(std::string_view json, std::size_t limit,
                                        std::size_t entries_limit) {
  EntryHandler handler(3, entries_limit);
  absl::StatusOr<JwkDocument> document = Parse(json, limit, handler);
  if (!document.ok()) return document;
  if (!handler.found_keys())
    return absl::InvalidArgumentError("a JWK Set must have an array `keys`");
  if (document->entries.size() > entries_limit) {
    return absl::InvalidArgumentError(
        absl::StrCat("a JWK Set may hold at most ", entries_limit, " keys"));
  }
  return document;
}

absl::StatusOr<JwkDocument> ParseJwk(std::string_view json, std::size_t limit) {
  EntryHandler handler(1, 1);
  absl::StatusOr<JwkDocument> document = Parse(json, limit, handler);
  if (document.ok() && document->entries.size() != 1) {
    return absl::InvalidArgumentError("a JWK must be an object");
  }
  return document;
}

}  // namespace tokenforge::jose
