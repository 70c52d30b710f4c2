/* The slots by which a video's sum is found where sums are not one a video: a hash table of places in `sums`. */
#pragma once
#include "structures.h"

static inline u32 slot_of(i32 video) { return ((u32)video * 0x85ebca6bu >> 13 ^ (u32)video * 0x85ebca6bu) & (room.slots_max - 1); }

/* The slot of a video, or the free one where it would be. Half of the slots are free. */
static inline u32 find_slot(i32 video) {
  u32 slot = slot_of(video);
  while (sum_slots[slot] != 0 && sums[sum_slots[slot] - 1].video != video) slot = (slot + 1) & (room.slots_max - 1);
  return slot;
}

/* Enters all sums into empty slots. */
static void enter_sums(void) {
  __builtin_memset(sum_slots, 0, (__SIZE_TYPE__)room.slots_max * 4);
  for (u32 at = 0; at < sum_count; at++) sum_slots[find_slot(sums[at].video)] = at + 1;
}
