/**
 * A RepeatWindow as bytes for the checkpoint: words, of which the first three are the time up to which it is settled,
 * how many words hold the states, and 0; then 5 words a state and 40 bytes a view that waits. Videos are saved by id:
 * their numbers may be others after a restart.
 */
import type { RepeatWindow } from './repeat-window.ts';
import type { NumberedIds } from './video-sums.ts';

const headWords = 3;
/** Viewer low, high, video low, high, state. */
const stateWords = 5;
const waitingBytes = 40;

/** @param settledUntil views before it have been decided; in the window's own time */
export function saveWindow(window: RepeatWindow, videoIds: NumberedIds, settledUntil: number): Buffer {
  const states = [settledUntil, 0, 0];
  window.forEachState((viewerLo, viewerHi, video, state) => {
    states.push(viewerLo, viewerHi, videoIds.idLo(video), videoIds.idHi(video), state);
  });
  states[1] = states.length;
  const n = window.waiting;
  const waiting = Buffer.allocUnsafeSlow(waitingBytes * n);
  const adViews = new Float64Array(waiting.buffer, 0, n);
  const words = new Int32Array(waiting.buffer, 8 * n, 8 * n);
  let i = 0;
  window.forEachWaiting((at) => {
    const video = window.videos[at];
    adViews[i] = window.adViews[at];
    words[2 * i] = window.idWords[2 * at];
    words[2 * i + 1] = window.idWords[2 * at + 1];
    words[2 * (n + i)] = window.viewerWords[2 * at];
    words[2 * (n + i) + 1] = window.viewerWords[2 * at + 1];
    words[2 * (2 * n + i)] = videoIds.idLo(video);
    words[2 * (2 * n + i) + 1] = videoIds.idHi(video);
    words[6 * n + i] = window.times[at];
    words[7 * n + i] = window.playSeconds[at];
    i++;
  });
  return Buffer.concat([Buffer.from(Int32Array.from(states).buffer), waiting]);
}

/**
 * Puts back what `saveWindow` gave, into a window that holds nothing.
 * @param numberOf the number of a video; throws when there is no such video any more
 * @returns settledUntil
 */
export function restoreWindow(
  window: RepeatWindow,
  saved: Buffer,
  numberOf: (videoLo: number, videoHi: number) => number,
): number {
  // Copies, whose memory is aligned.
  const states = new Int32Array(new Uint8Array(saved.subarray(0, 4 * saved.readInt32LE(4))).buffer);
  const waiting = new Uint8Array(saved.subarray(states.byteLength)).buffer;
  for (let at = headWords; at < states.length; at += stateWords) {
    window.restoreState(states[at], states[at + 1], numberOf(states[at + 2], states[at + 3]), states[at + 4]);
  }
  const n = waiting.byteLength / waitingBytes;
  const adViews = new Float64Array(waiting, 0, n);
  const words = new Int32Array(waiting, 8 * n, 8 * n);
  for (let i = 0; i < n; i++) {
    window.restoreWaiting({
      idLo: words[2 * i],
      idHi: words[2 * i + 1],
      viewerLo: words[2 * (n + i)],
      viewerHi: words[2 * (n + i) + 1],
      video: numberOf(words[2 * (2 * n + i)], words[2 * (2 * n + i) + 1]),
      time: words[6 * n + i],
      playSeconds: words[7 * n + i],
      adViews: adViews[i],
    });
  }
  return states[0];
}
