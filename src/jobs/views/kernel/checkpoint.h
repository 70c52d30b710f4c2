/*
 * The views held as bytes for the checkpoint. Words (4 bytes, little-endian): the time up to which all is settled, how
 * many words the head and the states have, and the version of this form; then 5 words a state: viewer low, high, video
 * low, high, state. Then the n views that wait, column by column: ad views as doubles; ids, viewers and videos of 8
 * bytes; times and play seconds of 4. Videos are saved by id: their numbers may be others after a restart.
 *
 * Version 0 is what releases up to 0.1.0 wrote. It has the same form, and is taken over.
 */
#pragma once
#include "sums.h"

enum { CHECKPOINT_VERSION = 1, HEAD_BYTES = 12, STATE_BYTES = 20, WAITING_BYTES = 40 };

/* What `restore` answers. */
enum { RESTORED = 0, MISSHAPEN = 1, OTHER_VERSION = 2, UNKNOWN_VIDEO = 3, OUT_OF_MEMORY = 4 };

/* Views before this time have been taken through the window. */
static i32 settled_until;

static inline u32 is_waiting(const struct view *view) { return !(view->flags & DECIDED); }

/* Writes the state into `output`. Returns how many bytes it has, or -2 when memory has an end. */
EXPORT(save) i32 save(void) {
  u64 states = 0, waiting = 0;
  for (u32 at = 0; at < view_count; at++) {
    states += views[at].state != NO_STATE;
    waiting += is_waiting(&views[at]);
  }
  const u64 bytes = HEAD_BYTES + states * STATE_BYTES + waiting * WAITING_BYTES;
  if (bytes > CAPACITY_MAX || !reserve(0, 0, 0, bytes)) return -2;
  u8 *to = store32(output, (u32)settled_until);
  to = store32(to, (u32)(HEAD_BYTES + states * STATE_BYTES) / 4);
  to = store32(to, CHECKPOINT_VERSION);
  for (u32 at = 0; at < view_count; at++) {
    const struct view *view = &views[at];
    if (view->state == NO_STATE) continue;
    to = store64(to, view->viewer);
    to = store64(to, (u64)video_id(view->video));
    to = store32(to, (u32)view->state);
  }
  u8 *const columns_at = to;
  const u32 n = (u32)waiting;
  u32 i = 0;
  for (u32 at = 0; at < view_count; at++) {
    const struct view *view = &views[at];
    if (!is_waiting(view)) continue;
    store_double(columns_at + 8 * i, (double)view->ad_views);
    store64(columns_at + 8 * (n + i), (u64)view->id);
    store64(columns_at + 8 * (2 * n + i), view->viewer);
    store64(columns_at + 8 * (3 * n + i), (u64)video_id(view->video));
    store32(columns_at + 32 * n + 4 * i, (u32)view->time);
    store32(columns_at + 36 * n + 4 * i, (u32)view->play_seconds);
    i++;
  }
  return (i32)bytes;
}

/* Makes room for the bytes to restore, and for the views in them. Returns where they go, or 0. */
EXPORT(place_saved) u8 *place_saved(u32 bytes) { return reserve(bytes / STATE_BYTES, 0, 0, bytes) ? output : 0; }

static i32 restore_state(const u8 *from) {
  const i32 video = find_video((i64)load64(from + 8));
  const i32 state = (i32)load32(from + 16);
  if (video < 0) return UNKNOWN_VIDEO;
  if (state < 0) return MISSHAPEN;
  struct view *view = append_view(load64(from), video, state >> 1);
  view->flags = DECIDED;
  view->state = state;
  return RESTORED;
}

static i32 restore_waiting(const u8 *columns_at, u32 n, u32 i) {
  const i32 video = find_video((i64)load64(columns_at + 8 * (3 * n + i)));
  const i32 time = (i32)load32(columns_at + 32 * n + 4 * i);
  const i32 play_seconds = (i32)load32(columns_at + 36 * n + 4 * i);
  double ad_views;
  __builtin_memcpy(&ad_views, columns_at + 8 * i, 8);
  if (video < 0) return UNKNOWN_VIDEO;
  if (time < 0 || time >= TIMES_MAX || play_seconds < 0) return MISSHAPEN;
  if (!(ad_views >= 0 && ad_views <= (double)EXACT_MAX)) return MISSHAPEN;
  struct view *view = append_view(load64(columns_at + 8 * (2 * n + i)), video, time);
  view->id = (i64)load64(columns_at + 8 * (n + i));
  view->ad_views = (i64)ad_views;
  view->play_seconds = play_seconds;
  return RESTORED;
}

/* Puts back what `save` gave, from where `place_saved` said, into a kernel that has taken nothing. */
EXPORT(restore) i32 restore(u32 bytes) {
  if (bytes < HEAD_BYTES || bytes > room.output_max) return MISSHAPEN;
  if (load32(output + 8) > CHECKPOINT_VERSION) return OTHER_VERSION;
  const u64 states_end = (u64)load32(output + 4) * 4;
  if (states_end < HEAD_BYTES || states_end > bytes || (states_end - HEAD_BYTES) % STATE_BYTES != 0) return MISSHAPEN;
  if ((bytes - states_end) % WAITING_BYTES != 0) return MISSHAPEN;
  for (u32 at = HEAD_BYTES; at < states_end; at += STATE_BYTES) {
    const i32 result = restore_state(output + at);
    if (result != RESTORED) return result;
  }
  const u32 n = (bytes - (u32)states_end) / WAITING_BYTES;
  for (u32 i = 0; i < n; i++) {
    const i32 result = restore_waiting(output + states_end, n, i);
    if (result != RESTORED) return result;
  }
  settled_until = (i32)load32(output);
  rebuild_index();
  return RESTORED;
}
