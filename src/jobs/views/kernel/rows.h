/*
 * One row of the view log out of a packet of MySQL's binary protocol, or of the like that row-packets.ts writes: a zero
 * byte, a bitmap of NULLs that begins at its third bit, and the values that are not NULL, one after the other.
 */
#pragma once
#include "memory.h"

enum { COLUMN_ID, COLUMN_VIDEO, COLUMN_VIEWER, COLUMN_VIEWED_AT, COLUMN_PLAY_SECONDS, COLUMN_AD_VIEWS, COLUMNS };

/*
 * How a column's values are written: the bytes of an integer, with UNSIGNED where it is; a date and time of the
 * protocol; or milliseconds since 1970 as a double.
 */
enum { KIND_WIDTH = 15, KIND_UNSIGNED = 16, KIND_DATETIME = 32, KIND_MILLISECONDS = 33 };

/* Seconds and numbers of ads have at most 53 bits, as everywhere in the program. */
#define EXACT_MAX ((1ll << 53) - 1)
#define DAY_MS 86400000ll
/* No time at all: a NULL, a zero date, or a date that does not exist. */
#define UNDATED ((i64)(1ull << 63))

struct row {
  i64 id, video, viewer, play_seconds, ad_views;
  /* Milliseconds since 1970, or UNDATED. */
  i64 viewed_at;
  /* Bit c: column c has no value. */
  u32 nulls;
  /* Bit c: it has one, which the column cannot hold; `nulls` has the bit too. The value is that of the wire. */
  u32 unreadable;
};

/* By column. */
static u8 kinds[COLUMNS] = {8, 8, 8, KIND_DATETIME, 4, 4};
/* Whether they are those of the platform's own table, which are read without asking. */
static int is_usual;

EXPORT(columns) u8 *columns(void) { return kinds; }

/* To be called when the kinds were set. Returns whether each is known. */
EXPORT(use_columns) i32 use_columns(void) {
  static const u8 usual[COLUMNS] = {8, 8, 8, KIND_DATETIME, 4, 4};
  is_usual = 1;
  for (u32 c = 0; c < COLUMNS; c++) {
    u32 width = kinds[c] & ~(u32)KIND_UNSIGNED;
    int is_time = kinds[c] == KIND_DATETIME || kinds[c] == KIND_MILLISECONDS;
    int is_integer = width == 1 || width == 2 || width == 4 || width == 8;
    if (c == COLUMN_VIEWED_AT ? !is_time : !is_integer) return 0;
    if (kinds[c] != usual[c]) is_usual = 0;
  }
  return 1;
}

static inline int is_leap(u32 year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

/* Milliseconds since 1970 at the beginning of a date; UNDATED when there is no such date. */
static i64 start_of_date(u32 year, u32 month, u32 day) {
  static const u8 days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return UNDATED;
  if (day > days[month] + (u32)(month == 2 && is_leap(year))) return UNDATED;
  /* The year is taken to begin in March, so that the leap day is its last; 400 years more, so that none is below 0. */
  u32 y = year + 400 - (month <= 2);
  u32 day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  u32 day_of_era = y % 400 * 365 + y % 400 / 4 - y % 400 / 100 + day_of_year;
  return ((i64)(y / 400) * 146097 + day_of_era - 719468 - 146097) * DAY_MS;
}

/* The date met last: rows come mostly in order of time. Its key is no date, so that the first is always worked out. */
static u32 last_date;
static i64 last_date_start = UNDATED;

/* A time: a byte of length, then 4 bytes of date, 3 of time of day, 4 of microseconds, as far as they are not 0. */
static inline i64 read_datetime(const u8 *at, u32 length) {
  if (length < 4) return UNDATED;
  u32 date = load32(at + 1);
  if (date != last_date) {
    last_date = date;
    last_date_start = start_of_date(date & 0xffff, date >> 16 & 0xff, date >> 24);
  }
  if (last_date_start == UNDATED || length < 7) return last_date_start;
  i64 time = last_date_start + at[5] * 3600000 + at[6] * 60000 + at[7] * 1000;
  return length < 11 ? time : time + load32(at + 8) / 1000;
}

/* A double of milliseconds; what is no whole number of them within reach is no time. */
static i64 read_milliseconds(const u8 *at) {
  double value;
  __builtin_memcpy(&value, at, 8);
  if (!(value > -9e15 && value < 9e15)) return UNDATED;
  return (i64)value;
}

static inline i64 read_integer(const u8 *at, u32 kind) {
  switch (kind) {
    case 8:
    case 8 | KIND_UNSIGNED: return (i64)load64(at);
    case 4: return (i32)load32(at);
    case 4 | KIND_UNSIGNED: return load32(at);
    case 2: return (short)load16(at);
    case 2 | KIND_UNSIGNED: return load16(at);
    case 1: return (signed char)*at;
    default: return *at;
  }
}

/* Whether a value of 8 bytes is none of the column's: beyond 63 bits, or 53 of an amount. */
static int is_beyond(i64 value, u32 column) {
  int is_unsigned = (kinds[column] & KIND_UNSIGNED) != 0;
  if (column < COLUMN_PLAY_SECONDS) return is_unsigned && kinds[column] == (8 | KIND_UNSIGNED) && value < 0;
  if (is_unsigned) return (u64)value > (u64)EXACT_MAX;
  return value > EXACT_MAX || value < -EXACT_MAX;
}

/* Reads any row from `at` to `end`. Returns whether it ends where its last value does. */
static __attribute__((noinline)) int read_any_row(const u8 *at, const u8 *end, struct row *row) {
  if (end - at < 2) return 0;
  i64 values[COLUMNS] = {0, 0, 0, UNDATED, 0, 0};
  row->nulls = at[1] >> 2;
  row->unreadable = 0;
  at += 2;
  for (u32 c = 0; c < COLUMNS; c++) {
    if (row->nulls >> c & 1) continue;
    u32 kind = kinds[c];
    if (kind == KIND_DATETIME) {
      if (at == end || *at > end - at - 1) return 0;
      values[c] = read_datetime(at, *at);
      at += 1 + *at;
    } else {
      u32 width = kind == KIND_MILLISECONDS ? 8 : kind & KIND_WIDTH;
      if (width > (u32)(end - at)) return 0;
      values[c] = kind == KIND_MILLISECONDS ? read_milliseconds(at) : read_integer(at, kind);
      if (c != COLUMN_VIEWED_AT && is_beyond(values[c], c)) row->unreadable |= 1u << c;
      at += width;
    }
  }
  if (values[COLUMN_VIEWED_AT] == UNDATED) row->nulls |= 1u << COLUMN_VIEWED_AT;
  row->nulls |= row->unreadable;
  row->id = values[COLUMN_ID];
  row->video = values[COLUMN_VIDEO];
  row->viewer = values[COLUMN_VIEWER];
  row->viewed_at = values[COLUMN_VIEWED_AT];
  row->play_seconds = values[COLUMN_PLAY_SECONDS];
  row->ad_views = values[COLUMN_AD_VIEWS];
  return at == end;
}

/* Reads a row of the usual columns without a NULL; returns 0 when it is another one. */
static inline int read_usual_row(const u8 *at, u32 length, struct row *row) {
  /* A zero byte, the bitmap, three ids, the length of the time; the time; two amounts. */
  if (!is_usual || length < 39) return 0;
  u32 time_length = at[26];
  if (at[1] != 0 || length != 35 + time_length || (time_length != 11 && time_length != 7)) return 0;
  const u8 *amounts = at + 27 + time_length;
  row->id = (i64)load64(at + 2);
  row->video = (i64)load64(at + 10);
  row->viewer = (i64)load64(at + 18);
  row->viewed_at = read_datetime(at + 26, time_length);
  row->play_seconds = (i32)load32(amounts);
  row->ad_views = (i32)load32(amounts + 4);
  row->nulls = row->viewed_at == UNDATED ? 1u << COLUMN_VIEWED_AT : 0;
  row->unreadable = 0;
  return 1;
}
