#include "cli/report.h"

#include <iomanip>

namespace tokenforge::cli {
namespace {

constexpr int kStepWidth = 30;
constexpr int kIndent = 49;  // where `what` stands

}  // namespace

void Report::Begin() { began_ = std::chrono::steady_clock::now(); }

void Report::End(const std::string& step, const std::string& what) {
  const double milliseconds = Elapsed().count();
  out_ << std::setw(3) << ++steps_ << "  " << std::left << std::setw(kStepWidth) << step
       << std::right << std::fixed << std::setprecision(1) << std::setw(9) << milliseconds
       << " ms  " << what << std::endl;
}

void Report::Note(const std::string& what) {
  out_ << std::string(kIndent, ' ') << what << std::endl;
}

std::chrono::duration<double, std::milli> Report::Elapsed() const {
  return std::chrono::steady_clock::now() - began_;
}

}  // namespace tokenforge::cli
