// ClusterNodes: the nodes of a cluster that we have to do with, a Pipeline each, and who of them
// serves which slot. Private to lib/redis. Loop thread only.
//
// A node is here because it is a primary of the map, a seed that is asked for the first map (or for
// another, once no primary is up), or because a redirection led to it. One that has become neither
// leaves: when it owes nothing, or has been silent for a while. What it still owed then counts as
// lost — a primary that was stopped, replaced and woken would acknowledge writes that its
// successor never sees, so its answers are no longer listened to.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/redis/cluster_slot_map.h"
#include "lib/redis/pipeline.h"

namespace tokenforge::redis {

struct ClusterNode {
  ClusterNode(uv_loop_t* loop, ServerAddress in_address, const Options* options,
              Pipeline::Owner* owner)
      : address(in_address),
        name(NameOf(in_address)),
        pipeline(loop, std::move(in_address), 0, options, owner) {}

  // Owes replies and gives none: stopped, or cut off.
  bool Silent() const { return pipeline.Silence() > std::chrono::milliseconds(200); }

  // On the loop's clock: when it is time to let it go, if it serves nothing.
  uint64_t LeavesAtMs() const;

  const ServerAddress address;
  const std::string name;
  Pipeline pipeline;
  bool serves = false;                    // slots, by what we know
  bool tried = false;                     // the first attempt to connect has ended
  bool told_up = false;                   // what the observer knows
  std::optional<uint64_t> down_since_ms;  // once it is known to be down
  uint64_t keep_until_ms = 0;             // also if it serves nothing: a redirection led to it
  uint64_t served_until_ms = 0;           // when a map said last that it serves nothing any more
};

class ClusterNodes {
 public:
  static constexpr size_t kMost = SlotMap::kMostPrimaries + 200;

  ClusterNodes(uv_loop_t* loop, const Options* options, Pipeline::Owner* owner)
      : loop_(loop), options_(options), owner_(owner) {
    owners_.fill(nullptr);
  }

  // The node with this address, connecting if it is new. Null: there are too many.
  ClusterNode* At(const ServerAddress& address);
  // Null: it has left.
  ClusterNode* Of(const Pipeline& pipeline);
  // Who serves the slot; null: nobody, or it is not known.
  ClusterNode* OwnerOf(int slot) const { return owners_[static_cast<size_t>(slot)]; }
  // A primary that is up, by turns; one that is not silent if there is one. Null: none.
  ClusterNode* SomePrimary();
  // Any node that is up and not silent, by turns. Null: none.
  ClusterNode* NextToAsk();
  // A slot of each primary.
  std::vector<int> SlotOfEach() const;

  // Both tell whether a slot goes from a node that does not answer to another: what that one had
  // acknowledged may be lost.
  bool Install(const SlotMap& map);
  bool Learn(int slot, ClusterNode* owner);
  // Keeps a node for a while that serves nothing that we know of.
  void Keep(ClusterNode* node);

  bool has_map() const { return has_map_; }
  // Every slot has an owner.
  bool complete() const { return complete_; }
  // Every slot has an owner that is up and answers.
  bool Settled() const;
  // No attempt to connect is under way that could still be the first to succeed.
  bool AllDown() const;
  bool AnySilent() const;

  void Flush();
  // Watches over silence, and lets nodes leave. True while replies are owed.
  bool Tick();
  void Stop();

 private:
  bool SetOwner(int slot, ClusterNode* owner);
  void Leave(size_t index);
  void LetLeave();

  uv_loop_t* const loop_;
  const Options* const options_;
  Pipeline::Owner* const owner_;
  std::vector<std::unique_ptr<ClusterNode>> nodes_;
  std::vector<std::unique_ptr<ClusterNode>> left_;  // until the loop has let go of them
  std::array<ClusterNode*, kSlots> owners_;
  bool has_map_ = false;
  bool complete_ = false;
  size_t turn_ = 0;
};

}  // namespace tokenforge::redis
