// RunImport of admin_import.h.
#include "cli/import_job.h"

#include <fcntl.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iomanip>
#include <utility>
#include <vector>

#include "cli/import_row.h"
#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::cli {
namespace {

using auth::v1::ImportUsersRequest;
using auth::v1::ImportUsersResponse;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kChunk = 1000;  // as many faults as one answer lists

std::string FaultLine(std::uint64_t line, std::string_view reason, std::string_view description) {
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  writer.StartObject();
  writer.Key("line"), writer.Uint64(line);
  writer.Key("reason"), writer.String(reason.data(), static_cast<unsigned>(reason.size()));
  writer.Key("description");
  writer.String(description.data(), static_cast<unsigned>(description.size()));
  writer.EndObject();
  return std::string(text.GetString(), text.GetSize()) + "\n";
}

// One import under way.
class Import {
 public:
  Import(const ImportJob& job, ImportState& state) : job_(job), state_(state) {}

  absl::Status Open() {
    input_.open(job_.file, std::ios::binary);
    struct stat about{};
    if (!input_ || ::stat(job_.file.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) {
      return absl::NotFoundError(job_.file + " is no file that can be read");
    }
    size_ = static_cast<std::uint64_t>(about.st_size);
    absl::StatusOr<ImportState> before = ReadImportState(StatePath());
    if (absl::IsNotFound(before.status())) {
      state_ = ImportState{.import_id = uuid::NewId()};
      // Before anything is sent: whoever goes on must make the same IDs.
      if (absl::Status kept = WriteImportState(StatePath(), state_); !kept.ok()) return kept;
    } else if (!before.ok()) {
      return before.status();
    } else {
      state_ = *std::move(before);
    }
    if (absl::Status same = SkipWhatWasDone(); !same.ok()) return same;
    return OpenFaults();
  }

  bool AtEnd() const { return ended_; }

  // Reads a chunk, sends it, and keeps what became of it.
  absl::Status Step() {
    ReadChunk();
    ImportUsersResponse answer;
    if (!rows_.empty()) {
      absl::StatusOr<ImportUsersResponse> sent = Send();
      if (!sent.ok()) return sent.status();
      answer = *std::move(sent);
    }
    return Keep(answer);
  }

  void Report() const {
    const std::chrono::duration<double> took = Clock::now() - began_;
    const double lines = static_cast<double>(state_.lines - lines_before_);
    const double rate = took.count() > 0 ? lines / took.count() : 0;
    const auto bytes = static_cast<double>(state_.offset - offset_before_);
    const auto left = static_cast<double>(size_ - std::min(size_, state_.offset));
    const double seconds_left = bytes > 0 ? took.count() * left / bytes : 0;
    job_.progress << state_.lines << " rows, " << std::fixed << std::setprecision(0) << rate
                  << " rows/s, " << state_.refused << " refused, " << seconds_left << " s left"
                  << std::endl;
  }

 private:
  std::string StatePath() const { return job_.file + ".import-state"; }
  std::string FaultsPath() const { return job_.file + ".faults.jsonl"; }

  // A line that ends by the end of the file counts, an empty one behind the last line end does not.
  // No more is kept of a line than shows that it is too long.
  bool NextLine(std::string& line) {
    constexpr int kEnd = std::char_traits<char>::eof();
    line.clear();
    std::uint64_t bytes = 0;
    for (int c = input_.rdbuf()->sbumpc(); c != kEnd; c = input_.rdbuf()->sbumpc()) {
      ++bytes;
      if (c == '\n') break;
      if (line.size() <= kMaxImportLine) line += static_cast<char>(c);
    }
    if (bytes == 0) return false;
    next_.offset += bytes;
    ++next_.lines;
    next_.digest = DigestOfLine(next_.digest, line);
    return true;
  }

  absl::Status SkipWhatWasDone() {
    next_ = ImportState{};
    for (std::string line; next_.lines < state_.lines;) {
      if (!NextLine(line)) break;
    }
    if (next_.offset != state_.offset || next_.digest != state_.digest) {
      return absl::FailedPreconditionError(job_.file +
                                           " is not the file that this import began with; move " +
                                           StatePath() + " away to begin from the first line");
    }
    next_ = state_;
    offset_before_ = state_.offset;
    lines_before_ = state_.lines;
    return absl::OkStatus();
  }

  // What was written behind the last answered chunk is told again.
  absl::Status OpenFaults() {
    const int file = ::open(FaultsPath().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const bool cut = file >= 0 && ::ftruncate(file, static_cast<off_t>(state_.faults)) == 0;
    if (file >= 0) ::close(file);
    faults_.open(FaultsPath(), std::ios::binary | std::ios::app);
    if (cut && faults_) return absl::OkStatus();
    return absl::InternalError(FaultsPath() + " cannot be written");
  }

  void ReadChunk() {
    rows_.clear();
    row_lines_.clear();
    chunk_faults_.clear();
    std::string line;
    while (rows_.size() < kChunk && chunk_faults_.size() < kChunk) {
      if (!NextLine(line)) {
        ended_ = true;
        return;
      }
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      absl::StatusOr<ImportUsersRequest> row = ParseImportLine(line);
      if (!row.ok()) {
        Refuse(next_.lines, "INVALID_FIELD",
               {row.status().message().data(), row.status().message().size()});
        continue;
      }
      if (row->user().user_id().empty()) {
        row->mutable_user()->set_user_id(UserIdOf(state_.import_id, next_.lines));
      }
      rows_.push_back(*std::move(row));
      row_lines_.push_back(next_.lines);
    }
  }

  absl::StatusOr<ImportUsersResponse> Send() {
    for (int failures = 1;; ++failures) {
      absl::StatusOr<ImportUsersResponse> answer = job_.send(rows_);
      const bool again = absl::IsUnavailable(answer.status()) ||
                         absl::IsResourceExhausted(answer.status()) ||
                         absl::IsDeadlineExceeded(answer.status());
      if (answer.ok() || !again || !job_.pause(failures)) return answer;
    }
  }

  void Refuse(std::uint64_t line, std::string_view reason, std::string_view description) {
    chunk_faults_.push_back(FaultLine(line, reason, description));
  }

  absl::Status Keep(const ImportUsersResponse& answer) {
    for (const ImportUsersResponse::Fault& fault : answer.faults()) {
      const auto index = static_cast<std::size_t>(fault.row() - 1);
      Refuse(index < row_lines_.size() ? row_lines_[index] : 0, fault.reason(),
             fault.description());
    }
    for (const std::string& fault : chunk_faults_) {
      faults_ << fault;
      next_.faults += fault.size();
    }
    faults_.flush();
    if (!faults_) return absl::InternalError(FaultsPath() + " cannot be written");
    next_.imported += answer.imported();
    next_.present += answer.present();
    next_.refused += static_cast<std::int64_t>(chunk_faults_.size());
    state_ = next_;
    return WriteImportState(StatePath(), state_);
  }

  const ImportJob& job_;
  ImportState& state_;  // up to the last answered chunk
  ImportState next_;    // up to the line that was read last
  std::ifstream input_;
  std::ofstream faults_;
  std::uint64_t size_ = 0;
  std::uint64_t offset_before_ = 0;
  std::uint64_t lines_before_ = 0;
  std::vector<ImportUsersRequest> rows_;
  std::vector<std::uint64_t> row_lines_;
  std::vector<std::string> chunk_faults_;
  bool ended_ = false;
  const Clock::time_point began_ = Clock::now();
};

}  // namespace

absl::StatusOr<ImportEnd> RunImport(const ImportJob& job, ImportState* state) {
  constexpr std::chrono::seconds kReportEvery{1};
  Import import(job, *state);
  if (absl::Status opened = import.Open(); !opened.ok()) return opened;
  Clock::time_point reported = Clock::now();
  while (!import.AtEnd()) {
    if (absl::Status done = import.Step(); !done.ok()) return done;
    if (job.stopped() && !import.AtEnd()) return ImportEnd::kBrokenOff;
    if (Clock::now() - reported < kReportEvery) continue;
    reported = Clock::now();
    import.Report();
  }
  import.Report();
  return state->refused == 0 ? ImportEnd::kAllStored : ImportEnd::kSomeRefused;
}

}  // namespace tokenforge::cli
