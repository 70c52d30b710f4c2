/*
 * The repeat rule (domain.md section 2) over a part of the log: the rows of one partition, which come in order of id,
 * while the rule wants them in order of time. A view's turn has come when no row that is still to be read can be
 * earlier (the watermark). A view whose verdict could depend on rows that other partitions hold is left *open*; the
 * merge decides it later (resolve-open.ts).
 *
 * A view at time t depends on the pair's views in (t - window, t) and, through them, on the chain of views before them
 * that are less than a window apart. So a view is decided here when t is not contested (no foreign row can lie in
 * (t - window, t]) and the chain before it is decided; otherwise it is open.
 *
 * Most views are the only one of their pair within reach. They need no order, so they get none: only views in company,
 * those of a pair that has another one here, are sorted by (time, id).
 *
 * Held are the views that wait and, for a window's length after its turn, the last view of a pair that counts or is
 * open: its *state*. They lie in order of arrival; an index finds the first of a pair, which keeps the state of its pair.
 */
#pragma once
#include "growing.h"

enum { COUNTED, REPEAT, OPEN };

/* Adds a view behind the others; there must be room. */
static inline struct view *append_view(u64 viewer, i32 video, i32 time) {
  struct view *view = &views[view_count++];
  view->viewer = viewer;
  view->hash = hash_pair(viewer, video);
  view->video = video;
  view->time = time;
  view->flags = 0;
  view->state = NO_STATE;
  return view;
}

/* Decides a view that is alone, as `observe` would: there is nothing that it could repeat. */
static inline u32 observe_alone(struct view *view, int is_contested) {
  view->flags = DECIDED;
  view->state = view->time * 2 + is_contested;
  return is_contested ? OPEN : COUNTED;
}

/* Decides a view in company; those before it in time must have been decided. Contested: see above. */
static inline u32 observe(struct view *view, int is_contested) {
  struct view *first = first_of_pair(view);
  const i32 state = first->state;
  const int is_known = state != NO_STATE && view->time - (state >> 1) < pairs.window_ms;
  const int is_open = is_contested || (is_known && (state & 1));
  view->flags |= DECIDED;
  if (is_known && !is_open) return REPEAT;
  first->state = view->time * 2 + is_open;
  return is_open ? OPEN : COUNTED;
}

/*
 * Sorts `count` positions in `order` by the keys `(key of position - least) < 2^31`; equal keys stay as they are. Least
 * significant digit first. Returns where the result is: `order` or `spare`.
 */
static u32 *sort_positions(u32 count, const u8 *keys, u32 stride, i32 least, i32 most) {
  enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };
  static u32 counts[DIGITS];
  u32 *from = order, *to = spare;
  for (u32 shift = 0; shift < 31 && (u32)(most - least) >> shift > 0; shift += DIGIT_BITS) {
#define DIGIT(position) ((load32(keys + (__SIZE_TYPE__)(position) * stride) - (u32)least) >> shift & (DIGITS - 1))
    __builtin_memset(counts, 0, sizeof counts);
    for (u32 i = 0; i < count; i++) counts[DIGIT(from[i])]++;
    for (u32 digit = 0, sum = 0; digit < DIGITS; digit++) {
      const u32 own = counts[digit];
      counts[digit] = sum;
      sum += own;
    }
    for (u32 i = 0; i < count; i++) to[counts[DIGIT(from[i])]++] = from[i];
#undef DIGIT
    u32 *const sorted = to;
    to = from;
    from = sorted;
  }
  return from;
}

/* Forgets what no view at or after the watermark depends on; the rest keeps its order. All that is due is decided. */
static void forget(i32 watermark) {
  /* A state of a whole window before the watermark, open or not; NO_STATE is below it always. */
  i32 bound = watermark < pairs.window_ms ? NO_STATE : (watermark - pairs.window_ms) * 2 + 1;
  u32 kept = 0;
  for (u32 at = 0; at < view_count; at++) {
    if (views[at].flags & DECIDED && views[at].state <= bound) continue;
    if (kept != at) views[kept] = views[at];
    kept++;
  }
  view_count = kept;
  rebuild_index();
}
