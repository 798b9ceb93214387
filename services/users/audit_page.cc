#include "services/users/audit_page.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "lib/errors/errors.h"
#include "lib/secret/digest.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kQuestionBytes = 8;
constexpr std::size_t kTokenBytes = kQuestionBytes + 8 + 8;
constexpr std::size_t kMaxKind = 64;

void AppendNumber(std::string& bytes, std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(bits >> shift);
}

std::int64_t NumberAt(const std::string& bytes, std::size_t at) {
  std::uint64_t bits = 0;
  for (std::size_t i = at; i < at + 8; ++i) bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(bits);
}

void AppendBound(std::string& bytes, const std::optional<EventTime>& bound) {
  bytes += bound ? '1' : '0';
  AppendNumber(bytes, bound ? bound->time_since_epoch().count() : 0);
}

std::string QuestionOf(const AuditLog::Listing& listing) {
  std::string bytes;
  for (const std::string* text : {&listing.filter.user_id, &listing.filter.kind}) {
    AppendNumber(bytes, static_cast<std::int64_t>(text->size()));
    bytes += *text;
  }
  AppendBound(bytes, listing.filter.since);
  AppendBound(bytes, listing.filter.until);
  bytes += listing.after_sequence ? '1' : '0';
  AppendNumber(bytes, listing.after_sequence.value_or(0));
  return std::string(secret::AsBytes(secret::Sha256(bytes)).substr(0, kQuestionBytes));
}

std::optional<AuditPlace> PlaceIn(const std::string& token, const std::string& question) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() != kTokenBytes ||
      absl::WebSafeBase64Escape(bytes) != token || !bytes.starts_with(question)) {
    return std::nullopt;
  }
  return AuditPlace{EventTime(std::chrono::microseconds(NumberAt(bytes, kQuestionBytes))),
                    NumberAt(bytes, kQuestionBytes + 8)};
}

bool AsksAnything(const AuditFilter& filter) {
  return !filter.user_id.empty() || !filter.kind.empty() || filter.since || filter.until;
}

std::vector<errors::FieldFault> FaultsOf(const AuditLog::Listing& listing) {
  std::vector<errors::FieldFault> faults;
  const AuditFilter& filter = listing.filter;
  if (listing.page_size < 0 || listing.page_size > AuditLog::kMaxPage) {
    faults.push_back({"page_size", "must be 0 to 1000"});
  }
  if (!filter.user_id.empty() && !uuid::IsCanonical(filter.user_id)) {
    faults.push_back({"user_id", "must be a lower-case UUID"});
  }
  if (filter.kind.size() > kMaxKind || filter.kind.find('\0') != std::string::npos) {
    faults.push_back({"kind", "must be the name of a kind, such as login.failed"});
  }
  if (filter.since && filter.until && *filter.until < *filter.since) {
    faults.push_back({"until", "must not be before since"});
  }
  if (listing.after_sequence && *listing.after_sequence < 0) {
    faults.push_back({"after_sequence", "must not be negative"});
  }
  if (listing.after_sequence && AsksAnything(filter)) {
    faults.push_back({"after_sequence", "goes with no filter"});
  }
  return faults;
}

}  // namespace

absl::StatusOr<AuditPage> AuditPage::Of(const AuditLog::Listing& listing) {
  std::vector<errors::FieldFault> faults = FaultsOf(listing);
  AuditPage page;
  if (listing.page_size > 0) page.size_ = listing.page_size;
  page.chain_order_ = listing.after_sequence.has_value();
  page.after_ = listing.after_sequence.value_or(0);
  page.question_ = QuestionOf(listing);
  if (!listing.page_token.empty()) {
    page.place_ = PlaceIn(listing.page_token, page.question_);
    if (!page.place_) {
      faults.push_back({"page_token", "must be the next_page_token of the answer before"});
    }
  }
  if (!faults.empty()) return errors::InvalidFields(faults);
  return page;
}

std::string AuditPage::TokenAfter(const AuditEvent& last) const {
  std::string bytes = question_;
  AppendNumber(bytes,
               std::chrono::floor<std::chrono::microseconds>(last.time.time_since_epoch()).count());
  AppendNumber(bytes, last.sequence);
  return absl::WebSafeBase64Escape(bytes);
}

}  // namespace tokenforge::users
