/*
 * Gives the structures room while rows are taken. The views held come first and never move; what lies behind them moves up
 * when they or others get more room. Scratch and output keep nothing over a call.
 */
#pragma once
#include "pair-index.h"
#include "sum-slots.h"

/* Capacities that hold at least so much: the present ones, doubled as often as that takes. 0: beyond all bounds. */
static u32 doubled(u32 capacity, u64 least) {
  if (least > CAPACITY_MAX) return 0;
  while (capacity < least) capacity *= 2;
  return capacity;
}

/*
 * Lays memory out for so many views, sums (with so many slots, 0: one a video), open views and bytes of output, none of
 * them fewer than now, and moves what there is. Returns NO_MEMORY and changes nothing when memory has an end.
 */
static i32 lay_out(u32 views_max, u32 sums_max, u32 slots_max, u32 open_max, u32 output_max) {
  const int is_dense = slots_max == 0;
  const int index_moves = views_max != room.views_max;
  u64 positions = is_dense ? views_max : larger(views_max, sums_max);
  u64 index_at = aligned(fixed_end + (u64)views_max * sizeof(struct view));
  u64 order_at = aligned(index_at + (u64)views_max * 8);
  u64 spare_at = aligned(order_at + positions * 4);
  u64 sums_at = aligned(spare_at + positions * 4);
  u64 slots_at = aligned(sums_at + (u64)sums_max * sizeof(struct sum));
  u64 open_at = aligned(slots_at + (u64)slots_max * 4);
  u64 output_at = aligned(open_at + (u64)open_max * OPEN_BYTES);
  if (!reach(output_at + output_max)) return NO_MEMORY;
  const int slots_move = !is_dense && (slots_max != room.slots_max || address(sum_slots) != slots_at);
  /* From the last to the first, because all move up. The first time there is nothing. */
  if (room.views_max > 0) {
    const u64 sums_kept = is_dense ? sums_max : sum_count;
    __builtin_memmove(pointer(open_at), open_records, (__SIZE_TYPE__)open_count * OPEN_BYTES);
    __builtin_memmove(pointer(sums_at), sums, (__SIZE_TYPE__)(sums_kept * sizeof(struct sum)));
  }
  views = pointer(fixed_end);
  index_places = pointer(index_at);
  order = pointer(order_at);
  spare = pointer(spare_at);
  sums = pointer(sums_at);
  sum_slots = pointer(slots_at);
  open_records = pointer(open_at);
  output = pointer(output_at);
  room.views_max = views_max;
  room.index_max = 2 * views_max;
  room.sums_max = sums_max;
  room.slots_max = slots_max;
  room.open_max = open_max;
  room.output_max = output_max;
  if (slots_move) enter_sums();
  if (index_moves) rebuild_index();
  return OK;
}

/*
 * Makes room for so many views, sums that are not one a video, open views and bytes of output. Returns NO_MEMORY and
 * changes nothing when memory has an end.
 */
static i32 reserve(u64 views_least, u64 sums_least, u64 open_least, u64 output_least) {
  const int is_dense = room.slots_max == 0;
  if (is_dense || sums_least < room.sums_max) sums_least = room.sums_max;
  if (views_least <= room.views_max && sums_least <= room.sums_max && open_least <= room.open_max &&
      output_least <= room.output_max)
    return OK;
  const u32 views_max = doubled(room.views_max, views_least);
  const u32 sums_max = is_dense ? room.sums_max : doubled(room.sums_max, sums_least);
  const u32 open_max = doubled(room.open_max, open_least);
  const u32 output_max = doubled(room.output_max, output_least);
  if (views_max == 0 || open_max == 0 || output_max == 0 || (sums_max == 0 && !is_dense)) return NO_MEMORY;
  return lay_out(views_max, sums_max, is_dense ? 0 : 2 * sums_max, open_max, output_max);
}
