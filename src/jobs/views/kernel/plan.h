/*
 * What a partition is judged by, placed before its first row: the frame of the date, the zones that promise times, the
 * times at which other partitions may interfere, and the pairs that have a stray row.
 */
#pragma once
#include "sums.h"

/* Times are milliseconds since the look-back's start; `lookback_start` itself since 1970. */
static struct {
  i64 lookback_start;
  i32 day_start, day_end;
  i64 play_seconds_max;
} frame;

/* Runs of ids whose known times are within bounds, by id. */
static struct {
  u32 count;
  /* The one that the next row lies in, or a later one. */
  u32 current;
  i64 *last_ids;
  i32 *least, *most;
} zones;

/* Times at which a row of another partition may lie less than a window before, or at the same time. */
static struct {
  u32 count;
  i32 *starts, *ends;
  /* From `from` on and before `until` it is as `is_inside` says; then the next contested time begins at `next`. */
  i32 from, until, next;
  i32 is_inside;
} contested;

/* Pairs that have a stray row: all their views are left open. Places of a hash table; video -1: free. */
struct stray {
  u64 viewer;
  i64 video;
};
static struct {
  u32 count, mask;
  struct stray *places;
} strays;

/* The instants that frame a run. `window_ms` and `day_end` are at most TIMES_MAX. */
EXPORT(set_frame) void set_frame(double lookback_start, i32 day_start, i32 day_end, i32 window_ms, i32 play_seconds_max) {
  frame.lookback_start = (i64)lookback_start;
  frame.day_start = day_start;
  frame.day_end = day_end;
  frame.play_seconds_max = play_seconds_max;
  pairs.window_ms = window_ms;
}

/* Makes room for zones: last ids of 8 bytes, then least and most times of 4. Returns where they go, or 0. */
EXPORT(place_zones) u8 *place_zones(u32 count) {
  u8 *at = place((u64)count * 16);
  zones.count = count;
  zones.last_ids = (i64 *)at;
  zones.least = (i32 *)(at + (__SIZE_TYPE__)count * 8);
  zones.most = zones.least + count;
  return at;
}

/* Makes room for contested times: starts of 4 bytes, then ends. Returns where they go, or 0. */
EXPORT(place_contested) u8 *place_contested(u32 count) {
  u8 *at = place((u64)count * 8);
  contested.count = count;
  contested.starts = (i32 *)at;
  contested.ends = contested.starts + count;
  return at;
}

/* Makes room for so many pairs with a stray row. */
EXPORT(place_strays) i32 place_strays(u32 count) {
  if (count > CAPACITY_MAX / sizeof(struct stray)) return NO_MEMORY;
  strays.mask = power_of_two(2 * count + 2) - 1;
  strays.places = (struct stray *)place(((u64)strays.mask + 1) * sizeof(struct stray));
  if (strays.places == 0) return NO_MEMORY;
  for (u32 at = 0; at <= strays.mask; at++) strays.places[at].video = -1;
  return OK;
}

/* The place of a pair among the strays, or the free one where it would be. More than half of them are free. */
static struct stray *find_stray(u64 viewer, i32 video) {
  u32 at = hash_pair(viewer, video) & strays.mask;
  while (strays.places[at].video >= 0 && (strays.places[at].video != video || strays.places[at].viewer != viewer))
    at = (at + 1) & strays.mask;
  return &strays.places[at];
}

/* Names a pair that has a stray row. One of a video that does not exist is none: its rows are invalid. */
EXPORT(add_stray) void add_stray(i32 viewer_lo, i32 viewer_hi, i32 video_lo, i32 video_hi) {
  const u64 viewer = (u64)(u32)viewer_hi << 32 | (u32)viewer_lo;
  const i32 video = find_video((i64)((u64)(u32)video_hi << 32 | (u32)video_lo));
  if (video < 0) return;
  struct stray *place = find_stray(viewer, video);
  strays.count += place->video < 0;
  place->viewer = viewer;
  place->video = video;
}

/* Finds out whether a time is contested, and from when until when that is as it is. */
static __attribute__((noinline)) void look_around(i32 time) {
  u32 low = 0, high = contested.count;
  while (low < high) {
    const u32 middle = (low + high) / 2;
    if (contested.ends[middle] <= time) low = middle + 1;
    else high = middle;
  }
  /* Stretch `low` is the first that ends after the time. */
  contested.is_inside = low < contested.count && contested.starts[low] <= time;
  if (contested.is_inside) {
    contested.from = contested.starts[low];
    contested.until = contested.ends[low];
    contested.next = (i32)0x80000000;
  } else {
    contested.from = low == 0 ? (i32)0x80000000 : contested.ends[low - 1];
    contested.until = low == contested.count ? 0x7fffffff : contested.starts[low];
    contested.next = contested.until;
  }
}
