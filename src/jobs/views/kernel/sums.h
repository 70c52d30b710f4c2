/*
 * Sums of counted views by video for one chunk, and their compact form for the checkpoint (video-sums.ts): entry count
 * (4 bytes), then for each video in order of id its id (8 bytes, little-endian) and views, ad views and play seconds as
 * LEB128 varints.
 */
#pragma once
#include "rows.h"
#include "videos.h"
#include "window.h"

/* Whether a sum went past 2^53, where the program's totals would no longer be exact. */
static u32 is_inexact;
/* The next sum to be encoded, and, where they are not one a video, the order of their videos. */
static u32 encode_at;
static u32 *encode_order;

static struct sum *place_of_sum(i32 video) {
  const u32 slot = find_slot(video);
  if (sum_slots[slot] == 0) {
    const struct sum none = {0, 0, 0, video};
    sums[sum_count] = none;
    sum_slots[slot] = ++sum_count;
  }
  return &sums[sum_slots[slot] - 1];
}

/* Adds a counted view; there must be room for a sum. */
static inline void add_view(const struct view *view) {
  struct sum *sum = LIKELY(room.slots_max == 0) ? &sums[view->video] : place_of_sum(view->video);
  sum->views++;
  sum->ad_views += view->ad_views;
  sum->play_seconds += view->play_seconds;
  /* What is added is at most 2^53, so that this is seen before 2^63. */
  if (UNLIKELY((sum->ad_views | sum->play_seconds) > EXACT_MAX)) is_inexact = 1;
}

static u8 *write_varint(u8 *to, u64 value) {
  for (; value >= 0x80; value >>= 7) *to++ = (u8)(value | 0x80);
  *to++ = (u8)value;
  return to;
}

static u8 *encode_sum(u8 *to, struct sum *sum, i32 video) {
  to = store64(to, (u64)video_id(video));
  to = write_varint(to, sum->views);
  to = write_varint(to, (u64)sum->ad_views);
  to = write_varint(to, (u64)sum->play_seconds);
  sum->views = 0;
  sum->ad_views = 0;
  sum->play_seconds = 0;
  return to;
}

/* Begins to encode. Returns how many sums there may be, at most. */
EXPORT(begin_sums) u32 begin_sums(void) {
  encode_at = 0;
  if (room.slots_max == 0) return videos.count;
  for (u32 at = 0; at < sum_count; at++) order[at] = at;
  encode_order = sort_positions(sum_count, (const u8 *)&sums->video, sizeof(struct sum), 0, (i32)videos.count);
  return sum_count;
}

/*
 * Encodes into `output` the sums of the videos below number `bound` that are not encoded yet, and empties them. Returns
 * how many bytes: 4 when there is none; -1 when a sum is past 2^53; -2 when memory has an end.
 */
EXPORT(encode_sums) i32 encode_sums(u32 bound) {
  if (is_inexact) return -1;
  const int is_dense = room.slots_max == 0;
  if (bound > videos.count) bound = videos.count;
  u64 sums_left = is_dense ? (bound > encode_at ? bound - encode_at : 0) : sum_count - encode_at;
  /* Reserving moves sums and slots, never the scratch in which their order lies, as views do not grow. */
  if (!reserve(0, 0, 0, 4 + sums_left * SUM_BYTES_MAX)) return -2;
  u8 *to = output + 4;
  u32 count = 0;
  if (is_dense) {
    for (; encode_at < bound; encode_at++) {
      if (sums[encode_at].views == 0) continue;
      to = encode_sum(to, &sums[encode_at], (i32)encode_at);
      count++;
    }
  } else {
    for (; encode_at < sum_count; encode_at++, count++) {
      struct sum *sum = &sums[encode_order[encode_at]];
      if ((u32)sum->video >= bound) break;
      to = encode_sum(to, sum, sum->video);
    }
  }
  store32(output, count);
  return (i32)(to - output);
}

/* To be called when all are encoded. */
EXPORT(end_sums) void end_sums(void) {
  if (room.slots_max == 0) return;
  __builtin_memset(sum_slots, 0, (__SIZE_TYPE__)room.slots_max * 4);
  sum_count = 0;
}
