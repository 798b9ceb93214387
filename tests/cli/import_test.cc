// The command line's side of an import: lines, state, going on after a break.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/import_job.h"
#include "cli/import_row.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::cli {
namespace {

using auth::v1::ImportUsersRequest;
using auth::v1::ImportUsersResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kAnn = R"({"email":"ann@example.org","password_hash":"$2b$..."})";

std::string FaultOf(std::string_view line) {
  const absl::Status status = ParseImportLine(line).status();
  return {status.message().data(), status.message().size()};
}

TEST(ImportLine, IsAnAccountToTheLastMember) {
  const auto row = ParseImportLine(
      R"({"user_id":"0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77","email":"ann@example.org",)"
      R"("email_verified":true,"given_name":"Zo\u00eb","family_name":"O'Neill","roles":["user"],)"
      R"("scopes":["a","b"],"disabled":true,"create_time":"2020-01-02T03:04:05Z",)"
      R"("password_hash":"$2b$..."})");
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->user().user_id(), "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77");
  EXPECT_EQ(row->user().email(), "ann@example.org");
  EXPECT_TRUE(row->user().email_verified());
  EXPECT_EQ(row->user().given_name(), "Zo\xC3\xAB");
  EXPECT_THAT(row->user().roles(), ElementsAre("user"));
  EXPECT_THAT(row->user().scopes(), ElementsAre("a", "b"));
  EXPECT_TRUE(row->user().disabled());
  EXPECT_EQ(row->user().create_time().seconds(), 1'577'934'245);
  EXPECT_EQ(row->password_hash(), "$2b$...");
}

TEST(ImportLine, IsRefusedForWhateverIsNotPlain) {
  EXPECT_EQ(FaultOf(kAnn), "");
  for (const std::string line :
       {R"({"email":"MARKED","password_hash":"x","Roles":[]})",
        R"({"email":"MARKED","password_hash":"x","email":"y"})",
        R"({"email":"MARKED","password_hash":"x"} {})", R"({"email":"MARKED"})",
        R"({"password_hash":"MARKED"})", R"({"email":7,"password_hash":"MARKED"})",
        R"({"email":"MARKED","password_hash":"x","roles":"admin"})",
        R"({"email":"MARKED","password_hash":"x","roles":[1]})",
        R"({"email":"MARKED","password_hash":"x","disabled":"no"})",
        R"({"email":"MARKED","password_hash":"x","create_time":"yesterday"})", R"(["MARKED"])",
        R"({"email":"MARKED)", "MARKED", "",
        "{\"email\":\"MARKED\xFF\",\"password_hash\":\"x\"}"}) {
    EXPECT_NE(FaultOf(line), "") << line;
    EXPECT_THAT(FaultOf(line), ::testing::Not(HasSubstr("MARKED"))) << line;
  }
}

TEST(ImportLine, IsMeasuredBeforeItIsParsed) {
  EXPECT_THAT(FaultOf(std::string(kMaxImportLine + 1, '[')), HasSubstr("64 KiB"));
  EXPECT_NE(FaultOf(std::string(kMaxImportLine, '[')), "");
}

TEST(ImportIds, AreTheSameForTheSameImportAndLineOnly) {
  const std::string one = UserIdOf("import one", 7);
  EXPECT_EQ(one, UserIdOf("import one", 7));
  EXPECT_NE(one, UserIdOf("import one", 8));
  EXPECT_NE(one, UserIdOf("import two", 7));
  EXPECT_LT(one, UserIdOf("import one", 1'000'000));
  ASSERT_TRUE(uuid::IsCanonical(one));
  EXPECT_EQ(uuid::Uuid::Parse(one)->version(), 8);
}

// The façade: keeps accounts by ID; breaks when told to.
struct FakeFacade {
  std::map<std::string, std::string> accounts;  // email by ID
  int calls = 0;
  int break_after = -1;      // calls
  bool lose_answer = false;  // of the call that breaks

  absl::StatusOr<ImportUsersResponse> Import(const std::vector<ImportUsersRequest>& rows) {
    const bool breaks = calls++ == break_after;
    if (breaks && !lose_answer) return absl::UnavailableError("gone");
    ImportUsersResponse response;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& user = rows[i].user();
      if (user.email() == "bad") {
        response.set_refused(response.refused() + 1);
        auto* const fault = response.add_faults();
        fault->set_row(static_cast<std::int64_t>(i) + 1);
        fault->set_reason("INVALID_FIELD");
        fault->set_description("email: \"is none\"");
      } else if (accounts.emplace(user.user_id(), user.email()).second) {
        response.set_imported(response.imported() + 1);
      } else {
        response.set_present(response.present() + 1);
      }
    }
    if (breaks) return absl::UnavailableError("lost");
    return response;
  }
};

class ImportJobTest : public ::testing::Test {
 protected:
  ImportJobTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "tf-import-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ImportJobTest() override { std::filesystem::remove_all(folder_); }

  std::string file() const { return folder_ + "/users.jsonl"; }
  void Write(int from, int to, std::ios::openmode mode = std::ios::trunc) {
    std::ofstream out(file(), mode);
    for (int i = from; i < to; ++i) {
      const bool bad = i % 1000 == 500;
      out << R"({"email":")" << (bad ? "bad" : std::to_string(i) + "@example.org")
          << R"(","password_hash":"x"})" << "\n";
    }
  }
  absl::StatusOr<ImportEnd> Run(bool stop_at_once = false) {
    const ImportJob job{.file = file(),
                        .send = [this](const auto& rows) { return facade_.Import(rows); },
                        .pause = [](int) { return false; },
                        .stopped = [=] { return stop_at_once; },
                        .progress = progress_};
    return RunImport(job, &state_);
  }
  std::vector<std::string> Faults() const {
    std::vector<std::string> lines;
    std::ifstream in(file() + ".faults.jsonl");
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  std::string folder_;
  FakeFacade facade_;
  ImportState state_;
  std::ostringstream progress_;
};

TEST_F(ImportJobTest, SendsEveryRowOnceAndKeepsWhatWasRefused) {
  Write(0, 2500);
  const auto end = Run();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, ImportEnd::kSomeRefused);
  EXPECT_EQ(state_.imported, 2498);
  EXPECT_EQ(state_.refused, 2);
  EXPECT_THAT(facade_.accounts, SizeIs(2498));
  EXPECT_THAT(
      Faults(),
      ElementsAre(R"({"line":501,"reason":"INVALID_FIELD","description":"email: \"is none\""})",
                  HasSubstr(R"("line":1501,)")));
}

TEST_F(ImportJobTest, GoesOnAfterABreakAndStoresNothingTwice) {
  Write(0, 5000);
  for (const bool lose_answer : {false, true}) {
    facade_ = {.accounts = {}, .break_after = 2, .lose_answer = lose_answer};
    std::filesystem::remove(file() + ".import-state");
    EXPECT_FALSE(Run().ok());
    EXPECT_EQ(state_.lines, 2000u);
    facade_.break_after = -1;
    ASSERT_TRUE(Run().ok());
    EXPECT_THAT(facade_.accounts, SizeIs(4995));
    EXPECT_EQ(state_.imported + state_.present, 4995);
    EXPECT_EQ(state_.present, lose_answer ? 999 : 0);
    EXPECT_EQ(state_.refused, 5);
    EXPECT_THAT(Faults(), SizeIs(5)) << "a fault told twice is there once";
  }
}

TEST_F(ImportJobTest, BreaksOffAfterTheChunkThatIsUnderWay) {
  Write(0, 3000);
  const auto end = Run(/*stop_at_once=*/true);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(*end, ImportEnd::kBrokenOff);
  EXPECT_EQ(facade_.calls, 1);
  EXPECT_EQ(*Run(), ImportEnd::kSomeRefused);
  EXPECT_THAT(facade_.accounts, SizeIs(2997));
}

TEST_F(ImportJobTest, TakesRowsThatWereAppendedAndNoOtherChange) {
  Write(0, 100);
  EXPECT_EQ(*Run(), ImportEnd::kAllStored);
  Write(100, 200, std::ios::app);
  EXPECT_EQ(*Run(), ImportEnd::kAllStored);
  EXPECT_EQ(state_.imported, 200);
  Write(1, 201);
  const auto other = Run();
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(facade_.accounts, SizeIs(200));
}

TEST_F(ImportJobTest, ReadsEmptyLinesAndALastOneWithoutAnEnd) {
  std::ofstream(file()) << "\n" << kAnn << "\r\n  \n" << R"({"email":"b","password_hash":"x"})";
  EXPECT_EQ(*Run(), ImportEnd::kAllStored);
  EXPECT_EQ(state_.imported, 2);
  EXPECT_EQ(state_.lines, 4u);
}

TEST_F(ImportJobTest, RefusesALineWithoutEndInTheMemoryOfALine) {
  {
    std::ofstream out(file());
    for (int i = 0; i < 64; ++i) out << std::string(1 << 20, 'x');
    out << "\n" << kAnn << "\n";
  }
  EXPECT_EQ(*Run(), ImportEnd::kSomeRefused);
  EXPECT_EQ(state_.imported, 1);
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("64 KiB")));
}

TEST_F(ImportJobTest, TakesNoStateOfSomethingElse) {
  Write(0, 10);
  std::ofstream(file() + ".import-state") << "{}";
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(facade_.calls, 0);
}

}  // namespace
}  // namespace tokenforge::cli
