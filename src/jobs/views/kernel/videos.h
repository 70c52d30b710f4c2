/*
 * Which videos exist (video-directory.ts, whose arrays these are): a video's number is its distance from the first id,
 * or is found by a hash index (int64-index.ts). A byte a video says whether it exists and hints at its creator.
 */
#pragma once
#include "memory.h"

/* Marks, as video-directory.ts has them. */
enum { NO_VIDEO = 0, CREATOR_UNKNOWN = 1 };

static struct {
  /* Numbers that there are. */
  u32 count;
  /* Whether numbers are distances from `first`. */
  u32 is_direct;
  i64 first;
  u8 *marks;
  /* Ids by number, and number + 1 by slot (0: free); of the hash index only. */
  i64 *ids;
  u32 *slots;
  u32 slot_mask;
} videos;

/* Asks the directory itself, which all threads share, whether the user made the video. One row in hundreds asks. */
__attribute__((import_module("directory"), import_name("is_by"))) extern i32 is_by(i32 video, i32 user_lo, i32 user_hi);

/* Makes room for videos that are addressed directly. Returns where their marks go, or 0. */
EXPORT(place_direct_videos) u8 *place_direct_videos(u32 count, i32 first_lo, i32 first_hi) {
  videos.count = count;
  videos.is_direct = 1;
  videos.first = (i64)((u64)(u32)first_hi << 32 | (u32)first_lo);
  return videos.marks = place(count);
}

/* Makes room for videos in a hash index of `slots` places, a power of two. Returns where their marks go, or 0. */
EXPORT(place_hashed_videos) u8 *place_hashed_videos(u32 count, u32 slots) {
  videos.count = count;
  videos.is_direct = 0;
  videos.ids = (i64 *)place((u64)count * 8);
  videos.slots = (u32 *)place((u64)slots * 4);
  videos.slot_mask = slots - 1;
  if (videos.ids == 0 || videos.slots == 0) return 0;
  return videos.marks = place(count);
}
EXPORT(video_ids) i64 *video_ids(void) { return videos.ids; }
EXPORT(video_slots) u32 *video_slots(void) { return videos.slots; }

/* hashWords of int64-index.ts. */
static inline u32 hash_words(u32 lo, u32 hi) {
  u32 h = lo ^ hi * 0x9e3779b1u;
  h = (h ^ h >> 16) * 0x85ebca6bu;
  h = (h ^ h >> 13) * 0xc2b2ae35u;
  return h ^ h >> 16;
}

/* The number of a video, or -1. */
static inline i32 find_video(i64 id) {
  if (videos.is_direct) {
    u64 number = (u64)id - (u64)videos.first;
    return number < videos.count && videos.marks[number] != NO_VIDEO ? (i32)number : -1;
  }
  u32 slot = hash_words((u32)id, (u32)((u64)id >> 32)) & videos.slot_mask;
  /* At most half of the slots are in use; the bound is for what is not an index. */
  for (u32 steps = 0; steps <= videos.slot_mask; steps++, slot = (slot + 1) & videos.slot_mask) {
    u32 number = videos.slots[slot] - 1;
    if (number >= videos.count) return -1;
    if (videos.ids[number] == id) return (i32)number;
  }
  return -1;
}

static inline i64 video_id(i32 video) { return videos.is_direct ? videos.first + video : videos.ids[video]; }

/* The mark of videos by this creator: markOf of video-directory.ts. */
static inline u32 mark_of(u64 creator) {
  u32 hash = ((u32)creator ^ (u32)(creator >> 32) * 0x9e3779b1u) * 0x85ebca6bu >> 24;
  return hash > CREATOR_UNKNOWN ? hash : hash + 2;
}

/* Whether the viewer is known to have made the video. */
static inline int is_creator(i32 video, u64 viewer) {
  return UNLIKELY(videos.marks[video] == mark_of(viewer)) && is_by(video, (i32)viewer, (i32)(viewer >> 32));
}
