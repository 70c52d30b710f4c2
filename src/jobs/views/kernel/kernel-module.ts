/** The compiled kernel and what it exports: kernel.c and the files that it includes say what each does. */
import { readFile } from 'node:fs/promises';

/** Why `take` stopped. */
export const Stopped = {
  taken: 0,
  roomWanted: 1,
  quarantineFull: 2,
  planOutdated: 3,
  idUnreadable: 4,
  rowBroken: 5,
} as const;

/** What `restore` answers. */
export const Restored = { restored: 0, misshapen: 1, otherVersion: 2, unknownVideo: 3, outOfMemory: 4 } as const;

/** What functions answer that need memory: 0 and no address when there is none. */
type Answer = number;
type Address = number;

export interface Kernel {
  readonly memory: WebAssembly.Memory;
  columns(): Address;
  use_columns(): number;
  place_direct_videos(count: number, firstLo: number, firstHi: number): Address;
  place_hashed_videos(count: number, slots: number): Address;
  video_ids(): Address;
  video_slots(): Address;
  set_frame(lookbackStart: number, dayStart: number, dayEnd: number, windowMs: number, playSecondsMax: number): void;
  place_zones(count: number): Address;
  place_contested(count: number): Address;
  place_strays(count: number): Answer;
  add_stray(viewerLo: number, viewerHi: number, videoLo: number, videoHi: number): void;
  begin(viewsFirst: number, denseVideosMax: number): Answer;
  input_at(): Address;
  input_bytes(): number;
  take(bytes: number): number;
  taken_bytes(): number;
  taken_rows(): number;
  id_taken(): bigint;
  make_room(): Answer;
  quarantine_at(): Address;
  take_quarantine(): number;
  settle(watermark: number): Answer;
  results_at(): Address;
  open_at(): Address;
  take_open(): number;
  output_at(): Address;
  begin_sums(): number;
  encode_sums(bound: number): number;
  end_sums(): void;
  save(): number;
  place_saved(bytes: number): Address;
  restore(bytes: number): number;
  waiting(): number;
}

/** Compiles the kernel, for all threads: once in a process. */
export async function compileKernel(): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await readFile(new URL('./kernel.wasm', import.meta.url)));
}

/** Makes one for a partition. @param isBy whether a user is known to have made the video of a number */
export function instantiateKernel(
  module: WebAssembly.Module,
  isBy: (video: number, userLo: number, userHi: number) => boolean,
): Kernel {
  const imports = {
    directory: { is_by: (video: number, userLo: number, userHi: number) => (isBy(video, userLo, userHi) ? 1 : 0) },
  };
  return new WebAssembly.Instance(module, imports).exports as Kernel;
}
