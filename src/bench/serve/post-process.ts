/**
 * Posts views in order of time, in a process of its own: `node post-process.ts '{"url", "token", "views", ...}'`. Prints what came of
 * it as JSON. What each view should be told it works out by itself, by the plain rule.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Posted, PostOptions } from './post-types.ts';

/** As a million a day. */
const APART_MS = 86.4;
const RECENT = 400;
/** About as many of a client's views as come within a window. */
const NEWEST = 40;
const WINDOW_MS = 30_000;
const WAIT_MS_MAX = 120_000;

interface View {
  readonly video_id: number;
  readonly viewer_id: string;
  readonly viewed_at: number;
  readonly play_seconds: number;
  readonly ad_views: number;
}

/** What a client's views were told beside the rule: a view counts when the last counted one of its pair is 30 s away. */
class Judge {
  readonly #pairs = new Map<string, { countedAt: number | undefined; wrong: number; isUnchecked: boolean }>();

  note(views: readonly View[], verdicts: readonly string[]): void {
    for (const [at, { video_id, viewer_id, viewed_at }] of views.entries()) {
      const verdict = verdicts[at];
      if (verdict === 'counted' || verdict === 'repeat' || verdict === 'unchecked') told[verdict]++;
      else told.other++;
      const key = `${viewer_id}:${video_id}`;
      const pair = this.#pairs.get(key) ?? { countedAt: undefined, wrong: 0, isUnchecked: false };
      this.#pairs.set(key, pair);
      const isCounted = pair.countedAt === undefined || viewed_at - pair.countedAt >= WINDOW_MS;
      if (isCounted) pair.countedAt = viewed_at;
      if (verdict === 'unchecked') pair.isUnchecked = true;
      else if (verdict !== (isCounted ? 'counted' : 'repeat')) pair.wrong++;
    }
  }

  /** A pair with an unchecked view has a window that Redis knows nothing of. */
  misjudged(): number {
    return [...this.#pairs.values()].reduce((sum, { wrong, isUnchecked }) => sum + (isUnchecked ? 0 : wrong), 0);
  }
}

const options: PostOptions = JSON.parse(process.argv[2]);
const told = { counted: 0, repeat: 0, unchecked: 0, other: 0 };
const times: number[] = [];
let sentAgain = 0;
let misjudged = 0;

const started = performance.now();
await Promise.all(Array.from({ length: options.clients }, (_, client) => runClient(client)));
const seconds = (performance.now() - started) / 1_000;
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
console.log(JSON.stringify({ seconds, p50: at(0.5), p99: at(0.99), ...told, sentAgain, misjudged } satisfies Posted));

/** Views CLIENT, CLIENT + clients, ... of the day. */
async function runClient(client: number): Promise<void> {
  const { views, batch, clients } = options;
  const judge = new Judge();
  const random = seeded(client + 1);
  const recent: { readonly video: number; readonly viewer: string }[] = [];
  let number = 0;
  let waiting: View[] = [];
  for (let one = client; one < views; one += clients) {
    // A third comes back to a pair of a while ago: within the window for some, behind it for others.
    const back = 1 + Math.floor(random() * (random() < 0.5 ? NEWEST : RECENT));
    const again = random() < 1 / 3 ? recent[(number - back) % RECENT] : undefined;
    const pair = again ?? { video: 1 + Math.floor(random() * options.videos), viewer: viewerOf(client, number) };
    recent[number++ % RECENT] = pair;
    waiting.push({
      video_id: pair.video,
      viewer_id: pair.viewer,
      viewed_at: options.fromMs + Math.floor(one * APART_MS),
      play_seconds: 1 + Math.floor(random() * 60),
      ad_views: Math.floor(random() * 3),
    });
    if (waiting.length < batch && one + clients < views) continue;
    judge.note(waiting, await post(`${options.viewersAbove}:${client}:${number}`, waiting));
    waiting = [];
  }
  misjudged += judge.misjudged();
}

function viewerOf(client: number, number: number): string {
  return String(options.viewersAbove + 1 + number * options.clients + client);
}

/** Until it is acknowledged. Returns what each view was told. */
async function post(key: string, views: readonly View[]): Promise<string[]> {
  const begun = performance.now();
  const body = JSON.stringify(views);
  for (;;) {
    const response = await fetch(`${options.url}/api/v1/views`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${options.token}`,
        'idempotency-key': key,
        'content-type': 'application/json',
      },
      body,
    });
    const text = await response.text();
    if (response.status === 200) {
      times.push(performance.now() - begun);
      return (JSON.parse(text) as { views: { verdict: string }[] }).views.map(({ verdict }) => verdict);
    }
    const isBusy = response.status === 429 || response.status === 503;
    if (!isBusy || performance.now() - begun > WAIT_MS_MAX) throw new Error(`${response.status} ${text}`);
    sentAgain++;
    await sleep(1_000 * Number(response.headers.get('retry-after') ?? 1));
  }
}

/** Mulberry32: the same views each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
