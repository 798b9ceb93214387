#include "tests/drills/wire.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tokenforge::drills {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kLastOctetOfDestination = 19;

[[noreturn]] void Give(const std::string& what) {
  std::fprintf(stderr, "wire: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(3);
}

void Shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) Give("this failed: " + command);
}

int OpenTun(const std::string& name) {
  const int device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (device < 0) return -1;
  ifreq request = {};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(device, TUNSETIFF, &request) == 0) return device;
  close(device);
  return -1;
}

// A device belongs to the namespace of the thread that makes it.
int OpenTunIn(const std::string& space, const std::string& name) {
  int device = -1;
  std::thread([&] {
    const int file = open(("/run/netns/" + space).c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0 && setns(file, CLONE_NEWNET) == 0) device = OpenTun(name);
    if (file >= 0) close(file);
  }).join();
  return device;
}

// What a drill that was killed has left behind.
void RemoveLeftOver() {
  Shell(
      "for space in $(ip netns list | sed -n 's/^\\(tf-[0-9]*-[a-z]*\\).*/\\1/p'); do "
      "pid=${space#tf-}; [ -e /proc/${pid%%-*} ] || ip netns del $space; done");
}

}  // namespace

std::string Wire::Missing() {
  if (geteuid() != 0) return "network namespaces need root";
  const std::string probe = "tf-probe-" + std::to_string(getpid());
  if (std::system(("ip netns add " + probe + " 2>/dev/null").c_str()) != 0) {
    return "network namespaces cannot be made here (ip netns add)";
  }
  const int device = OpenTunIn(probe, "tf0");
  if (device >= 0) close(device);
  Shell("ip netns del " + probe);
  return device >= 0 ? "" : "TUN devices cannot be made here (/dev/net/tun)";
}

Wire::Wire(const std::vector<std::string>& hosts)
    : net_("10.77." + std::to_string(getpid() % 250 + 1) + ".") {
  RemoveLeftOver();
  hosts_.push_back({});
  for (const std::string& name : hosts) {
    hosts_.push_back({name, "tf-" + std::to_string(getpid()) + "-" + name});
  }
  for (std::size_t i = 0; i < hosts_.size(); ++i) Attach(hosts_[i], static_cast<int>(i) + 1);
  ending_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { Move(); });
}

Wire::~Wire() {
  const std::uint64_t one = 1;
  if (write(ending_, &one, sizeof one) != sizeof one) Give("eventfd");
  thread_.join();
  close(ending_);
  for (const Host& host : hosts_) {
    close(host.device);
    if (!host.space.empty()) Shell("ip netns del " + host.space);
  }
}

void Wire::Attach(Host& host, int number) {
  const std::string device = "tf" + std::to_string(getpid() % 10'000);
  std::string in;
  if (!host.space.empty()) {
    Shell("ip netns add " + host.space);
    in = "ip netns exec " + host.space + " ";
    Shell(in + "ip link set lo up");
  }
  host.device = host.space.empty() ? OpenTun(device) : OpenTunIn(host.space, device);
  if (host.device < 0) Give("a TUN device");
  Shell(in + "ip addr add " + net_ + std::to_string(number) + "/24 dev " + device);
  Shell(in + "ip link set " + device + " up");
}

std::string Wire::address(const std::string& host) const {
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    if (hosts_[i].name == host) return net_ + std::to_string(i + 1);
  }
  Give("there is no host " + host);
}

std::vector<std::string> Wire::On(const std::string& host) const {
  for (const Host& one : hosts_) {
    if (one.name == host && !one.space.empty()) return {"/usr/sbin/ip", "netns", "exec", one.space};
  }
  return {};
}

void Wire::Set(const Quality& quality) {
  const sync::MutexLock lock(&mutex_);
  quality_ = quality;
}

void Wire::Cut(const std::string& one, const std::string& other) {
  const auto index = [this](const std::string& name) {
    const auto found = std::find_if(hosts_.begin(), hosts_.end(),
                                    [&](const Host& host) { return host.name == name; });
    return static_cast<std::size_t>(found - hosts_.begin());
  };
  const sync::MutexLock lock(&mutex_);
  cut_.insert({index(one), index(other)});
  cut_.insert({index(other), index(one)});
}

void Wire::Heal() {
  const sync::MutexLock lock(&mutex_);
  cut_.clear();
}

long Wire::carried() const {
  const sync::MutexLock lock(&mutex_);
  return carried_;
}

long Wire::dropped() const {
  const sync::MutexLock lock(&mutex_);
  return dropped_;
}

void Wire::Move() {
  std::vector<pollfd> files;
  for (const Host& host : hosts_) files.push_back({host.device, POLLIN, 0});
  files.push_back({ending_, POLLIN, 0});
  std::string buffer(65'536, '\0');
  while (files.back().revents == 0) {
    if (poll(files.data(), files.size(), Deliver()) < 0 && errno != EINTR) Give("poll");
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      while (files[i].revents != 0) {
        const ssize_t length = read(hosts_[i].device, buffer.data(), buffer.size());
        if (length <= 0) break;
        TakeIn(i, buffer.substr(0, static_cast<std::size_t>(length)));
      }
    }
  }
}

void Wire::TakeIn(std::size_t from, std::string bytes) {
  if (bytes.size() < kIpv4Header || (bytes[0] & 0xF0) != 0x40) return;
  const std::size_t to = static_cast<unsigned char>(bytes[kLastOctetOfDestination]) - 1U;
  if (to >= hosts_.size()) return;
  std::chrono::microseconds delay{0};
  {
    const sync::MutexLock lock(&mutex_);
    const bool lost = std::uniform_real_distribution<double>()(random_) < quality_.loss ||
                      cut_.contains({from, to});
    ++(lost ? dropped_ : carried_);
    if (lost) return;
    std::uniform_int_distribution<std::int64_t> jitter(0, quality_.jitter.count());
    delay = quality_.delay + std::chrono::microseconds(jitter(random_));
  }
  under_way_.push({Clock::now() + delay, hosts_[to].device, std::move(bytes)});
}

int Wire::Deliver() {
  while (!under_way_.empty()) {
    const Packet& next = under_way_.top();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next.due - Clock::now());
    if (left.count() > 0) return static_cast<int>(left.count());
    // A full device loses a packet, as a full link does.
    (void)!write(next.device, next.bytes.data(), next.bytes.size());
    under_way_.pop();
  }
  return -1;
}

}  // namespace tokenforge::drills
