/*
 * The index of pairs: finds the first view held of a pair, which keeps the state of its pair. Its places lie in memory that
 * grows: it is rebuilt when there are more, or when half of them are taken.
 */
#pragma once
#include "structures.h"

static struct {
  i32 window_ms;
  /* Places of the index in use, a power of two. Entry: position + 1 of a pair's first view in the low bits, as many as a
   * position can have, bits of the pair's hash in the others; 0: free. At most half are in use. */
  u32 places;
  /* Views before it are in the index. */
  u32 entered;
} pairs;

static inline u32 hash_pair(u64 viewer, i32 video) {
  u64 h = (viewer ^ (u64)(u32)video * 0x9e3779b97f4a7c15ull) * 0xd6e8feb86659fd93ull;
  return (u32)(h >> 32) ^ (u32)h;
}

static inline int is_same_pair(const struct view *a, const struct view *b) {
  return a->viewer == b->viewer && a->video == b->video;
}

/*
 * Enters views into the index, in order of arrival, up to position `to`; marks those of a pair that is there already,
 * and its first one. Ends because a place in two is free.
 */
static void enter_views(u32 to) {
  const u32 mask = pairs.places - 1;
  u32 *const places = index_places;
  struct view *const held = views;
  for (u32 at = pairs.entered; at < to; at++) {
    const u32 hash = held[at].hash;
    for (u32 place = hash & mask;; place = (place + 1) & mask) {
      const u32 entry = places[place];
      if (LIKELY(entry == 0)) {
        places[place] = (hash & ~mask) | (at + 1);
        break;
      }
      if (LIKELY(((entry ^ hash) & ~mask) != 0)) continue;
      const u32 other = (entry & mask) - 1;
      if (is_same_pair(&held[at], &held[other])) {
        held[at].flags |= COMPANY;
        held[other].flags |= COMPANY;
        break;
      }
    }
  }
  pairs.entered = to;
}

/* Empties the index and enters all views, in as many places as leave room for half as many more. */
static void rebuild_index(void) {
  u32 wanted = power_of_two(larger(3 * view_count, PLACES_MIN));
  pairs.places = wanted < room.index_max ? wanted : room.index_max;
  pairs.entered = 0;
  __builtin_memset(index_places, 0, (__SIZE_TYPE__)pairs.places * 4);
  enter_views(view_count);
}

/* Enters the views that were added. */
static void enter_new(void) {
  if (2 * view_count > pairs.places) rebuild_index();
  else enter_views(view_count);
}

/* The first view held of the pair of a view that is held and in the index. */
static inline struct view *first_of_pair(const struct view *view) {
  const u32 mask = pairs.places - 1;
  for (u32 place = view->hash & mask, steps = 0; steps <= mask; place = (place + 1) & mask, steps++) {
    const u32 entry = index_places[place];
    if (entry == 0) break;
    if (((entry ^ view->hash) & ~mask) != 0) continue;
    struct view *other = &views[(entry & mask) - 1];
    if (is_same_pair(view, other)) return other;
  }
  __builtin_trap();
}
