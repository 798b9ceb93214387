// Output: standard output that says why it could not be written.
//
// std::cout forgets the reason, and a process that ignores it ends with 0 although its output is
// cut. Once something could not be written nothing more is tried, the stream is bad, and Finish
// says what the kernel said first (ENOSPC, EPIPE, …). The process must ignore SIGPIPE and SIGXFSZ.
//
// Owns its buffer, not the descriptor. Used by one thread.
#pragma once

#include <array>
#include <ostream>
#include <streambuf>

namespace tokenforge::cli {

class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor);
  int error() const { return error_; }

 private:
  int_type overflow(int_type next) override;
  int sync() override;

  const int descriptor_;
  int error_ = 0;
  std::array<char, 8192> bytes_;
};

class Output : public std::ostream {
 public:
  explicit Output(int descriptor);
  ~Output() override;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Writes what waits. 0, or the errno of the first failure.
  int Finish();

 private:
  DescriptorBuffer buffer_;
};

// Opens what is missing of descriptors 0 to 2, so that no file that is opened later becomes
// standard output: writing there then fails, as it should.
void OpenStandardDescriptors();

}  // namespace tokenforge::cli
