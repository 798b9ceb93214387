#include "cli/totp_qr.h"

#include <qrencode.h>

#include <memory>

namespace tokenforge::cli {
namespace {

constexpr int kQuietZone = 4;
constexpr std::string_view kWhiteOnBlack = "\033[97;40m";
constexpr std::string_view kOwnColours = "\033[0m";

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

// Outside of the code everything is light.
bool IsLight(const QrModules& modules, int row, int column) {
  const int size = static_cast<int>(modules.size());
  if (row < 0 || column < 0 || row >= size || column >= size) return true;
  return !modules[row][column];
}

std::string_view HalfBlocks(bool upper, bool lower) {
  if (upper && lower) return "\u2588";
  if (upper) return "\u2580";
  return lower ? "\u2584" : " ";
}

}  // namespace

absl::StatusOr<QrModules> EncodeQr(std::string_view text) {
  const std::unique_ptr<QRcode, FreeCode> code(
      QRcode_encodeData(static_cast<int>(text.size()),
                        reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M));
  if (!code) return absl::InvalidArgumentError("does not fit into a QR code");
  QrModules modules(code->width, std::vector<bool>(code->width));
  for (int row = 0; row < code->width; ++row) {
    for (int column = 0; column < code->width; ++column) {
      modules[row][column] = (code->data[row * code->width + column] & 1) != 0;
    }
  }
  return modules;
}

std::string DrawQr(const QrModules& modules) {
  const int end = static_cast<int>(modules.size()) + kQuietZone;
  std::string drawn;
  for (int row = -kQuietZone; row < end; row += 2) {
    drawn += kWhiteOnBlack;
    for (int column = -kQuietZone; column < end; ++column) {
      // Below an odd last row there is nothing: not even quiet zone.
      const bool lower = row + 1 < end && IsLight(modules, row + 1, column);
      drawn += HalfBlocks(IsLight(modules, row, column), lower);
    }
    drawn += kOwnColours;
    drawn += '\n';
  }
  return drawn;
}

}  // namespace tokenforge::cli
