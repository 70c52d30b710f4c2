/*
 * The kernel's memory. What is fixed for a partition (videos, zones, contested times, strays) is placed once, by
 * `place`; behind it lies what grows: waiting views, their index, scratch, sums, open views, output. All of it is
 * bounded by MEMORY_MAX, and grows in steps; whoever asks for more than there is gets 0 and says so.
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef signed int i32;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(#name)))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#define PAGE_BYTES 65536u
/* A megabyte at least at a time. */
#define STEP_PAGES 16u
/* The linker is told the same (build.mjs). */
#define MEMORY_MAX 0x80000000ull
/* Everything that is placed begins at a cache line. */
#define ALIGNMENT 64u

/* Set by the linker: where static data and the stack end. */
extern u8 __heap_base;

/* What `settle`, `encode_sums` and the like answer. */
enum { NO_MEMORY = 0, OK = 1 };

static inline u16 load16(const u8 *at) {
  u16 value;
  __builtin_memcpy(&value, at, 2);
  return value;
}
static inline u32 load32(const u8 *at) {
  u32 value;
  __builtin_memcpy(&value, at, 4);
  return value;
}
static inline u64 load64(const u8 *at) {
  u64 value;
  __builtin_memcpy(&value, at, 8);
  return value;
}
static inline u8 *store32(u8 *at, u32 value) {
  __builtin_memcpy(at, &value, 4);
  return at + 4;
}
static inline u8 *store64(u8 *at, u64 value) {
  __builtin_memcpy(at, &value, 8);
  return at + 8;
}
static inline u8 *store_double(u8 *at, double value) {
  __builtin_memcpy(at, &value, 8);
  return at + 8;
}

/* Makes memory reach up to `end`. Returns whether it does. */
static int reach(u64 end) {
  if (end > MEMORY_MAX) return 0;
  u64 have = (u64)__builtin_wasm_memory_size(0) * PAGE_BYTES;
  if (end <= have) return 1;
  u32 pages = (u32)((end - have + PAGE_BYTES - 1) / PAGE_BYTES);
  if (pages < STEP_PAGES && end + STEP_PAGES * PAGE_BYTES <= MEMORY_MAX) pages = STEP_PAGES;
  return __builtin_wasm_memory_grow(0, pages) != (__SIZE_TYPE__)-1;
}

static inline u64 aligned(u64 at) { return (at + ALIGNMENT - 1) & ~(u64)(ALIGNMENT - 1); }

/* Where the next fixed array begins; 0: nothing has been placed. */
static u64 fixed_end;

/* Room for an array that stays where it is, before the first row; 0 when there is none. Its bytes are 0. */
static u8 *place(u64 bytes) {
  if (fixed_end == 0) fixed_end = aligned((u64)(__SIZE_TYPE__)&__heap_base);
  u64 at = fixed_end;
  u64 end = aligned(at + bytes);
  if (!reach(end)) return 0;
  fixed_end = end;
  return (u8 *)(__SIZE_TYPE__)at;
}

/* The smallest power of two that is not below `least`; `least` is at most 2^30. */
static inline u32 power_of_two(u32 least) { return least <= 1 ? 1 : 1u << (32 - __builtin_clz(least - 1)); }
