/*
 * What memory holds while rows are taken: the structures, where each lies, and how many there are. growing.h gives them room.
 */
#pragma once
#include "memory.h"

/* A view that is held: it waits for its turn, or its pair's state must be known a while longer. */
struct view {
  u64 viewer;
  u32 hash;
  /* Its number. */
  i32 video;
  /* Milliseconds since the look-back's start, 0 <= time < TIMES_MAX. */
  i32 time;
  u32 flags;
  /* Of the pair whose first view this is: twice the time of its last counted or open view, plus 1 if it is open. */
  i32 state;
  i32 play_seconds;
  i64 id;
  i64 ad_views;
};
_Static_assert(sizeof(struct view) == 48, "a view has 48 bytes");

/* Twice a time, and a bit, must fit 32 bits. */
#define TIMES_MAX (1 << 30)
/* No view of the pair was counted or open within reach. */
#define NO_STATE (-1)

/* Flags of a view. 0: it waits. */
enum {
  /* It was decided, and is here for the state of its pair at most. */
  DECIDED = 1,
  /* There is or was another view of its pair. */
  COMPANY = 2,
};

/* The sums of a video. */
struct sum {
  i64 ad_views, play_seconds;
  /* 0: no view of it was counted. */
  u32 views;
  /* Its number. */
  i32 video;
};

/* Of a view that one partition cannot decide: open-views.ts. */
#define OPEN_BYTES 44u
/* Of an encoded video, at most: its id and three varints. */
#define SUM_BYTES_MAX 32u
/* Places of the index at least, if there is room: what a portion of rows or two need. */
#define PLACES_MIN (1u << 15)
#define CAPACITY_MAX (1u << 29)

static struct {
  /* How many there is room for. */
  u32 views_max, sums_max, open_max, output_max;
  /* Places of the index that there is room for, a power of two. */
  u32 index_max;
  /* Slots of the sums that are found by a hash, a power of two; 0: a video's number is its place. */
  u32 slots_max;
} room;

static struct view *views;
static u32 view_count;
static u32 *index_places;
/* Positions, for sorting; as many as there are views or sums. */
static u32 *order, *spare;
static struct sum *sums;
static u32 sum_count;
static u32 *sum_slots;
static u8 *open_records;
static u32 open_count;
static u8 *output;

static inline void *pointer(u64 at) { return (void *)(__SIZE_TYPE__)at; }
static inline u64 address(const void *at) { return (u64)(__SIZE_TYPE__)at; }
static inline u32 larger(u32 a, u32 b) { return a > b ? a : b; }
