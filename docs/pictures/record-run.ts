/**
 * Makes docs/pictures/run.svg, the moving picture of the README: `node docs/pictures/record-run.ts`. A database is seeded,
 * then real commands run on a terminal (`script` of util-linux makes one), and what they print is recorded with its
 * times. The first run is killed on its way with SIGKILL; the same command goes on where it was. Only the typing is made
 * up; where a run takes longer than `SHOWN_MS_MAX`, its times are shortened alike, and the picture says by how much.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Frame, movingSvg } from './moving-svg.ts';
import { Terminal } from './terminal.ts';

const DATE = '2026-11-20';
const ROWS = 1_000_000;
const COLUMNS = 84;
const LINES = 24;
/** Share of the rows that the first run has read when it is killed. */
const KILL_AT = 0.55;
const SHOWN_MS_MAX = 7_000;
const FRAME_MS = 200;
const KEY_MS = 45;
const PAUSE_MS = 900;
const SETTLE = fileURLToPath(new URL('../../bin/settle.js', import.meta.url));

interface Output {
  readonly atMs: number;
  readonly text: string;
}

const folder = mkdtempSync(join(tmpdir(), 'settle-picture-'));
const env = { ...process.env, SETTLE_DATABASE_URL: `sqlite:${join(folder, 'platform.db')}`, SETTLE_LOG: 'silent' };
try {
  for (const args of [['migrate'], ['run', 'seed', '--date', DATE, '-p', `rows=${ROWS}`]]) {
    const { status, stderr } = spawnSync(process.execPath, [SETTLE, ...args], { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
  const killed = await record(`settle --date ${DATE}`, (shown) => shareDone(shown) >= KILL_AT);
  const resumed = await record(`settle --date ${DATE}`);
  const statistics = await record(`settle stats --date ${DATE} --top 5`);
  const { frames, speed } = compose([killed, resumed, statistics]);
  const title = `A run of settle over ${ROWS.toLocaleString('en-US')} rows is killed with SIGKILL, and goes on where it was`;
  const svg = movingSvg(frames, { title, columns: COLUMNS, rows: LINES, restMs: 6_000 });
  const target = fileURLToPath(new URL('run.svg', import.meta.url));
  writeFileSync(target, svg);
  process.stdout.write(`${target}: ${frames.length} frames, ${svg.length} bytes, ${speed.toFixed(1)} times as fast\n`);
} finally {
  rmSync(folder, { recursive: true });
}

interface Recording {
  readonly command: string;
  readonly output: readonly Output[];
  readonly wasKilled: boolean;
}

/** Runs a command on a terminal of its own; `mustKill` is asked with the screen's text after each piece of output. */
async function record(command: string, mustKill: (shown: string) => boolean = () => false): Promise<Recording> {
  // The shell becomes settle, whose process is then the only child of `script`.
  const line = `stty cols ${COLUMNS} rows ${LINES}; exec ${[process.execPath, SETTLE].join(' ')} ${command.replace('settle ', '')}`;
  const child = spawn('script', ['-qfec', line, '/dev/null'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const startMs = performance.now();
  const output: Output[] = [];
  const screen = new Terminal(COLUMNS);
  let rest = '';
  let wasKilled = false;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    // A sequence may be cut in two.
    const whole = rest + text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own
    const cut = /\x1b(\[[\d;?]*)?$/.exec(whole)?.index ?? whole.length;
    rest = whole.slice(cut);
    output.push({ atMs: performance.now() - startMs, text: whole.slice(0, cut) });
    screen.write(whole.slice(0, cut));
    if (wasKilled || !mustKill(screen.lines().join('\n'))) return;
    wasKilled = true;
    for (const pid of childrenOf(child.pid!)) process.kill(pid, 'SIGKILL');
  });
  await new Promise((resolve) => child.on('close', resolve));
  return { command, output, wasKilled };
}

function childrenOf(pid: number): number[] {
  return spawnSync('ps', ['-o', 'pid=', '--ppid', `${pid}`], { encoding: 'utf8' })
    .stdout.trim()
    .split(/\s+/)
    .map(Number);
}

/** Of the whole step, as its bar says. */
function shareDone(shown: string): number {
  return Number(/^daily-statistics .*?(\d+) %/m.exec(shown)?.[1] ?? 0) / 100;
}

/** One after the other on one screen, each behind a prompt at which it is typed. */
function compose(recordings: readonly Recording[]): { readonly frames: readonly Frame[]; readonly speed: number } {
  const longestMs = Math.max(...recordings.map(({ output }) => output.at(-1)?.atMs ?? 0));
  const speed = Math.max(1, longestMs / SHOWN_MS_MAX);
  const screen = new Terminal(COLUMNS);
  const frames: Frame[] = [];
  let nowMs = 0;
  const show = () => {
    const last = frames.at(-1);
    if (last !== undefined && nowMs - last.atMs < FRAME_MS) frames.pop();
    frames.push({
      atMs: last !== undefined && nowMs - last.atMs < FRAME_MS ? last.atMs : nowMs,
      lines: screen.lines(),
    });
  };
  if (speed > 1) screen.write(`(${speed.toFixed(1)} times as fast as it was)\r\n`);
  for (const { command, output, wasKilled } of recordings) {
    screen.write('$ ');
    for (const character of command) {
      screen.write(character);
      nowMs += KEY_MS;
      show();
    }
    nowMs += FRAME_MS;
    show();
    screen.write('\r\n');
    const startMs = nowMs;
    for (const { atMs, text } of output) {
      nowMs = startMs + atMs / speed;
      screen.write(text);
      show();
    }
    // The bars of a run that is killed stay where they were.
    screen.toEnd();
    if (wasKilled) screen.write('Killed\r\n');
    nowMs += PAUSE_MS;
    show();
  }
  screen.write('$ ');
  show();
  return { frames, speed };
}
