/*
 * The rows of the daily statistics: gives every row of one partition its verdict (domain.md section 2) and sums what
 * counts. Rows come in as packets, in order of id; results go out at the end of a chunk; the state between chunks can
 * be saved and restored. README.md says how it is built, view-judge.ts how it is called.
 *
 * An instance serves one partition: frame, columns, videos, zones, contested times and strays first, then `begin`.
 */
#include "checkpoint.h"
#include "plan.h"

/* Bytes of a portion of rows. */
#define INPUT_BYTES 262144u
/* Rows for the quarantine that are held before they are fetched. */
#define QUARANTINE_MAX 1024u

/* Why `take` stopped. */
enum {
  /* At the end of the portion, at an incomplete packet, or at one that is no row. */
  TAKEN = 0,
  /* There is no room for another view: call make_room. */
  ROOM_WANTED = 1,
  /* Fetch the rows for the quarantine first. */
  QUARANTINE_FULL = 2,
  /* At a row that its zone does not promise. */
  PLAN_OUTDATED = 3,
  /* At a row whose id is none. */
  ID_UNREADABLE = 4,
  /* At a packet that is longer or shorter than its columns. */
  ROW_BROKEN = 5,
};

/* Why a row is in quarantine, in the order of verdict.ts. */
enum {
  REASON_UNDATED,
  REASON_UNKNOWN_VIDEO,
  REASON_MISSING_VIEWER,
  REASON_UNREADABLE_VIEWER,
  REASON_MISSING_PLAY_SECONDS,
  REASON_UNREADABLE_PLAY_SECONDS,
  REASON_NEGATIVE_PLAY_SECONDS,
  REASON_EXCESSIVE_PLAY_SECONDS,
  REASON_MISSING_AD_VIEWS,
  REASON_UNREADABLE_AD_VIEWS,
  REASON_NEGATIVE_AD_VIEWS,
};

struct quarantined {
  struct row row;
  u32 reason;
  /* Which row of the portion it was, from 0. */
  u32 position;
};
_Static_assert(sizeof(struct quarantined) == 64, "a quarantined row has 64 bytes");

static u8 input[INPUT_BYTES];
static struct quarantined quarantine[QUARANTINE_MAX];
static u32 quarantine_count;

/* Rows by verdict since the last chunk, in the order of verdict.ts, and the open views of the date. */
static struct {
  u32 undated, outside, invalid, self, repeat, counted, open_of_day;
} results;

/* Of the last call of `take`. */
static u32 bytes_taken, rows_taken;
static i64 last_id;

EXPORT(input_at) u8 *input_at(void) { return input; }
EXPORT(input_bytes) u32 input_bytes(void) { return INPUT_BYTES; }
EXPORT(taken_bytes) u32 taken_bytes(void) { return bytes_taken; }
EXPORT(taken_rows) u32 taken_rows(void) { return rows_taken; }
EXPORT(id_taken) i64 id_taken(void) { return last_id; }
EXPORT(quarantine_at) struct quarantined *quarantine_at(void) { return quarantine; }
EXPORT(results_at) void *results_at(void) { return &results; }
EXPORT(open_at) u8 *open_at(void) { return open_records; }
EXPORT(output_at) u8 *output_at(void) { return output; }

/* How many rows for the quarantine there are; they are fetched, and gone, after this. */
EXPORT(take_quarantine) u32 take_quarantine(void) {
  const u32 count = quarantine_count;
  quarantine_count = 0;
  return count;
}
/* As take_quarantine, for open views. */
EXPORT(take_open) u32 take_open(void) {
  const u32 count = open_count;
  open_count = 0;
  return count;
}

/*
 * Begins with the rows. All that is fixed has been placed. Room is made for so many views at first, a power of two; with
 * more videos than `dense_videos_max`, sums are for the videos that are met, not for all there are.
 */
EXPORT(begin) i32 begin(u32 views_first, u32 dense_videos_max) {
  const int is_dense = videos.count <= dense_videos_max;
  if (place(0) == 0) return NO_MEMORY;
  const u32 sums_first = is_dense ? videos.count : views_first;
  return lay_out(views_first, sums_first, is_dense ? 0 : 2 * sums_first, larger(views_first / 64, 1), 4096);
}

/* After ROOM_WANTED: for a portion of rows more. */
EXPORT(make_room) i32 make_room(void) { return reserve((u64)view_count + 1, 0, (u64)open_count + 1, 0); }

/* Why a row is invalid. */
static u32 reason_of(const struct row *row, i32 video) {
#define HAS(bits, column) ((row->bits >> (column)) & 1)
  if (video < 0 || HAS(nulls, COLUMN_VIDEO)) return REASON_UNKNOWN_VIDEO;
  if (HAS(unreadable, COLUMN_VIEWER)) return REASON_UNREADABLE_VIEWER;
  if (HAS(nulls, COLUMN_VIEWER)) return REASON_MISSING_VIEWER;
  if (HAS(unreadable, COLUMN_PLAY_SECONDS)) return REASON_UNREADABLE_PLAY_SECONDS;
  if (HAS(nulls, COLUMN_PLAY_SECONDS)) return REASON_MISSING_PLAY_SECONDS;
  if (row->play_seconds < 0) return REASON_NEGATIVE_PLAY_SECONDS;
  if (row->play_seconds > frame.play_seconds_max) return REASON_EXCESSIVE_PLAY_SECONDS;
  if (HAS(unreadable, COLUMN_AD_VIEWS)) return REASON_UNREADABLE_AD_VIEWS;
  if (HAS(nulls, COLUMN_AD_VIEWS)) return REASON_MISSING_AD_VIEWS;
  return REASON_NEGATIVE_AD_VIEWS;
#undef HAS
}

static __attribute__((noinline)) void quarantine_row(const struct row *row, u32 reason, u32 position) {
  if (reason == REASON_UNDATED) results.undated++;
  else results.invalid++;
  struct quarantined *kept = &quarantine[quarantine_count++];
  kept->row = *row;
  kept->reason = reason;
  kept->position = position;
}

/* Keeps a view for the merge, in the form of open-views.ts; there must be room. Seed: it is counted already. */
static void leave_open(i64 id, u64 viewer, i32 video, i32 time, i32 play_seconds, i64 ad_views, u32 is_seed) {
  u8 *to = open_records + (__SIZE_TYPE__)open_count++ * OPEN_BYTES;
  to = store64(to, (u64)id);
  to = store64(to, viewer);
  to = store64(to, (u64)video_id(video));
  to = store_double(to, (double)(frame.lookback_start + time));
  to = store32(to, (u32)play_seconds | is_seed << 31);
  store_double(to, (double)ad_views);
  if (!is_seed && time >= frame.day_start) results.open_of_day++;
}

/*
 * Takes the complete row packets of a portion: 3 bytes of length, 1 of sequence, then the row. `length` is at most
 * INPUT_BYTES. Returns why it stopped; bytes_taken and rows_taken say where.
 */
EXPORT(take) u32 take(u32 length) {
  const u8 *at = input;
  const u8 *const end = input + (length < INPUT_BYTES ? length : INPUT_BYTES);
  const i64 lookback_start = frame.lookback_start;
  const u32 day_end = (u32)frame.day_end;
  const i32 day_start = frame.day_start;
  const u64 play_seconds_max = (u64)frame.play_seconds_max;
  u32 outside = 0, rows = 0, stopped = TAKEN;
  while (end - at > 4) {
    const u32 size = load32(at) & 0xffffff;
    const u8 *const packet = at + 4;
    /* A packet that does not begin with a zero byte is no row: the end of the rows, or an error. */
    if (size > (u32)(end - packet) || size == 0 || packet[0] != 0) break;
    if (UNLIKELY(view_count == room.views_max || open_count == room.open_max)) {
      stopped = ROOM_WANTED;
      break;
    }
    if (UNLIKELY(quarantine_count == QUARANTINE_MAX)) {
      stopped = QUARANTINE_FULL;
      break;
    }
    struct row row;
    if (UNLIKELY(!read_usual_row(packet, size, &row))) {
      struct row any;
      if (!read_any_row(packet, packet + size, &any)) {
        stopped = ROW_BROKEN;
        break;
      }
      row = any;
    }
    if (UNLIKELY(row.nulls >> COLUMN_ID & 1)) {
      last_id = row.id;
      stopped = ID_UNREADABLE;
      break;
    }
    const u8 *const next = packet + size;
    last_id = row.id;
    if (UNLIKELY(row.viewed_at == UNDATED)) {
      quarantine_row(&row, REASON_UNDATED, rows++);
      at = next;
      continue;
    }
    const u64 since = (u64)(row.viewed_at - lookback_start);
    if (since >= day_end) {
      outside++;
      rows++;
      at = next;
      continue;
    }
    const i32 time = (i32)since;
    const u32 is_of_day = time >= day_start;
    const i32 video = find_video(row.video);
    if (UNLIKELY(video < 0 || row.nulls != 0 || (u64)row.play_seconds > play_seconds_max || row.ad_views < 0)) {
      if (is_of_day) quarantine_row(&row, reason_of(&row, video), rows);
      else outside++;
      rows++;
      at = next;
      continue;
    }
    if (is_creator(video, (u64)row.viewer)) {
      results.self += is_of_day;
      outside += !is_of_day;
      rows++;
      at = next;
      continue;
    }
    while (zones.current < zones.count && zones.last_ids[zones.current] < row.id) zones.current++;
    const u32 zone = zones.current;
    const int is_promised = zone < zones.count && time >= zones.least[zone] && time <= zones.most[zone];
    if (UNLIKELY(!is_promised || strays.count > 0)) {
      const int is_stray = strays.count > 0 && find_stray((u64)row.viewer, video)->video >= 0;
      if (!is_stray && !is_promised) {
        stopped = PLAN_OUTDATED;
        break;
      }
      if (is_stray) {
        leave_open(row.id, (u64)row.viewer, video, time, (i32)row.play_seconds, row.ad_views, 0);
        outside += !is_of_day;
        rows++;
        at = next;
        continue;
      }
    }
    struct view *view = append_view((u64)row.viewer, video, time);
    view->id = row.id;
    view->play_seconds = (i32)row.play_seconds;
    view->ad_views = row.ad_views;
    outside += !is_of_day;
    rows++;
    at = next;
  }
  enter_new();
  results.outside += outside;
  rows_taken = rows;
  bytes_taken = (u32)(at - input);
  return stopped;
}

/* Decides a view whose turn has come. */
static inline void decide(struct view *view, int is_alone) {
  const i32 time = view->time;
  if (UNLIKELY(time < contested.from || time >= contested.until)) look_around(time);
  const u32 seen = is_alone ? observe_alone(view, contested.is_inside) : observe(view, contested.is_inside);
  const u32 is_of_day = time >= frame.day_start;
  if (seen == REPEAT) {
    results.repeat += is_of_day;
    return;
  }
  if (seen == COUNTED && is_of_day) {
    results.counted++;
    add_view(view);
  }
  /* Its window may reach into a time at which other partitions have rows. */
  if (UNLIKELY(seen == OPEN || time + pairs.window_ms > contested.next))
    leave_open(view->id, view->viewer, view->video, time, view->play_seconds, view->ad_views, seen == COUNTED);
}

/*
 * Decides the waiting views before the watermark: the promise that every row still to come is at it or later. At most
 * `day_end`. Returns NO_MEMORY, and has decided nothing, when memory has an end.
 */
EXPORT(settle) i32 settle(i32 watermark) {
  if (watermark > frame.day_end) watermark = frame.day_end;
  if (watermark <= settled_until) return OK;
  if (!reserve(0, (u64)sum_count + view_count, (u64)open_count + view_count, 0)) return NO_MEMORY;
  u32 company = 0;
  i32 least = watermark, most = 0;
  for (u32 at = 0; at < view_count; at++) {
    struct view *view = &views[at];
    if (view->time >= watermark || view->flags & DECIDED) continue;
    if (LIKELY(view->flags == 0)) {
      decide(view, 1);
      continue;
    }
    order[company++] = at;
    if (view->time < least) least = view->time;
    if (view->time > most) most = view->time;
  }
  /* Stable, and positions are in order of id: equal times stay in that order. */
  const u32 *sorted = company > 1 ? sort_positions(company, (const u8 *)&views->time, sizeof(struct view), least, most) : order;
  for (u32 i = 0; i < company; i++) decide(&views[sorted[i]], 0);
  forget(watermark);
  settled_until = watermark;
  return OK;
}

/* Views that wait for their turn. */
EXPORT(waiting) u32 waiting(void) {
  u32 count = 0;
  for (u32 at = 0; at < view_count; at++) count += is_waiting(&views[at]);
  return count;
}
