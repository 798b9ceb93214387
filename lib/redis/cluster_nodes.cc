#include "lib/redis/cluster_nodes.h"

#include <algorithm>
#include <utility>

namespace tokenforge::redis {
namespace {

// How long a node that serves nothing is kept after a redirection led to it: a slot that is being
// moved leads there again and again.
constexpr uint64_t kKeepMs = 5000;
// How long one that is to leave may owe replies without giving any: one that was relieved in an
// orderly way still says that what waited there has moved.
constexpr uint64_t kLastWordMs = 100;

}  // namespace

ClusterNode* ClusterNodes::At(const ServerAddress& address) {
  for (const auto& node : nodes_) {
    if (node->address == address) return node.get();
  }
  if (nodes_.size() >= kMost) return nullptr;
  nodes_.push_back(std::make_unique<ClusterNode>(loop_, address, options_, owner_));
  ClusterNode* const node = nodes_.back().get();
  node->down_since_ms = uv_now(loop_);
  Keep(node);
  node->pipeline.link().Start();
  return node;
}

ClusterNode* ClusterNodes::Of(const Pipeline& pipeline) {
  for (const auto& node : nodes_) {
    if (&node->pipeline == &pipeline) return node.get();
  }
  return nullptr;
}

ClusterNode* ClusterNodes::SomePrimary() {
  ClusterNode* silent = nullptr;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    ClusterNode* const node = nodes_[turn_++ % nodes_.size()].get();
    if (!node->serves || !node->pipeline.up()) continue;
    if (!node->Silent()) return node;
    silent = node;
  }
  return silent;
}

ClusterNode* ClusterNodes::NextToAsk() {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    ClusterNode* const node = nodes_[turn_++ % nodes_.size()].get();
    if (node->pipeline.up() && !node->Silent()) return node;
  }
  return nullptr;
}

std::vector<int> ClusterNodes::SlotOfEach() const {
  std::vector<int> slots;
  std::vector<const ClusterNode*> seen;
  for (int slot = 0; slot < kSlots; ++slot) {
    const ClusterNode* const owner = OwnerOf(slot);
    if (owner == nullptr || std::find(seen.begin(), seen.end(), owner) != seen.end()) continue;
    seen.push_back(owner);
    slots.push_back(slot);
  }
  return slots;
}

bool ClusterNodes::SetOwner(int slot, ClusterNode* owner) {
  ClusterNode* const before = std::exchange(owners_[static_cast<size_t>(slot)], owner);
  return before != nullptr && before != owner && (!before->pipeline.up() || before->Silent());
}

bool ClusterNodes::Install(const SlotMap& map) {
  for (const auto& node : nodes_) {
    if (std::exchange(node->serves, false)) node->served_until_ms = uv_now(loop_);
  }
  std::vector<ClusterNode*> primaries;
  for (const ServerAddress& address : map.primaries()) {
    primaries.push_back(At(address));
    if (primaries.back() != nullptr) primaries.back()->serves = true;
  }
  bool lost = false;
  for (int slot = 0; slot < kSlots; ++slot) {
    const int index = map.OwnerOf(slot);
    ClusterNode* const owner = index < 0 ? nullptr : primaries[static_cast<size_t>(index)];
    lost = SetOwner(slot, owner) || lost;
  }
  has_map_ = true;
  complete_ = map.complete();
  LetLeave();
  return lost;
}

bool ClusterNodes::Learn(int slot, ClusterNode* owner) {
  owner->serves = true;
  Keep(owner);
  return SetOwner(slot, owner);
}

void ClusterNodes::Keep(ClusterNode* node) { node->keep_until_ms = uv_now(loop_) + kKeepMs; }

bool ClusterNodes::Settled() const {
  return complete_ && std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
           return !node->serves || (node->pipeline.up() && !node->Silent());
         });
}

bool ClusterNodes::AllDown() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const auto& node) { return node->tried && !node->pipeline.up(); });
}

bool ClusterNodes::AnySilent() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->Silent(); });
}

// By index, here and below: a connection that ends meanwhile may add seeds.
void ClusterNodes::Flush() {
  for (size_t i = 0; i < nodes_.size(); ++i) nodes_[i]->pipeline.link().Flush();
}

bool ClusterNodes::Tick() {
  bool owed = false;
  for (size_t i = 0; i < nodes_.size(); ++i) owed = nodes_[i]->pipeline.Tick() || owed;
  if (has_map_) LetLeave();
  return owed;
}

uint64_t ClusterNode::LeavesAtMs() const {
  if (pipeline.in_flight() == 0) return keep_until_ms;
  return std::max(served_until_ms, pipeline.last_progress_ms()) + kLastWordMs;
}

void ClusterNodes::LetLeave() {
  for (size_t i = nodes_.size(); i-- > 0;) {
    const ClusterNode& node = *nodes_[i];
    if (node.serves || uv_now(loop_) < node.LeavesAtMs()) continue;
    Leave(i);
  }
}

void ClusterNodes::Leave(size_t index) {
  ClusterNode* const node = nodes_[index].get();
  left_.push_back(std::move(nodes_[index]));
  nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(index));
  std::replace(owners_.begin(), owners_.end(), node, static_cast<ClusterNode*>(nullptr));
  node->pipeline.link().Stop([this, node] {
    std::erase_if(left_, [node](const auto& each) { return each.get() == node; });
  });
}

void ClusterNodes::Stop() {
  for (size_t i = 0; i < nodes_.size(); ++i) nodes_[i]->pipeline.link().Stop();
}

}  // namespace tokenforge::redis
