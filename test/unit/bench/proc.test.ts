import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { measureProcessTree } from '../../../src/bench/measure-process-tree.ts';
import { parseListeners, parseMemory, parsePs, parseStat, treeOf } from '../../../src/bench/proc.ts';
import { cpuSecondsOf, findListener } from '../../../src/bench/process-source.ts';

describe('/proc', () => {
  test('a process may have any name', () => {
    const rest = 'S 42 1 1 0 -1 4194304 100 200 0 0 7 5 30 20 20 0 1 0 100';
    const stat = { parentId: 42, ownTicks: 12, childTicks: 50 };
    expect(parseStat(`1 (node) ${rest}`)).toEqual(stat);
    expect(parseStat(`1 (a) R 9 (b)) ${rest}`)).toEqual(stat);
    expect(parseStat('')).toBeUndefined();
    expect(parseStat('1 (gone)')).toBeUndefined();
  });

  test('memory in kB; a process that has ended has none', () => {
    expect(parseMemory('Name:\tnode\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n')).toEqual({
      nowBytes: 2 ** 20,
      peakBytes: 2 ** 21,
    });
    expect(parseMemory('Name:\tnode\nState:\tZ (zombie)\n')).toBeUndefined();
  });

  test('listeners by port, of sockets that listen only', () => {
    const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
    const line = (port: string, state: string, inode: number) =>
      `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1`;
    const text = [head, line('0CEA', '0A', 111), line('0CEA', '01', 222), line('1CEA', '0A', 333), ''].join('\n');
    expect(parseListeners(text, 3306)).toEqual(['111']);
    expect(parseListeners('', 3306)).toEqual([]);
  });
});

describe('ps', () => {
  test('kilobytes, and hours and days', () => {
    expect(parsePs('  1     0  1024 0:01.50\n 20     1   512 1-02:03:04\n')).toEqual([
      { id: 1, parentId: 0, rssBytes: 2 ** 20, cpuSeconds: 1.5 },
      { id: 20, parentId: 1, rssBytes: 2 ** 19, cpuSeconds: 93_784 },
    ]);
  });

  test('a tree is the process and all below it', () => {
    const rows = [
      { id: 4, parentId: 3 },
      { id: 3, parentId: 2 },
      { id: 2, parentId: 1 },
      { id: 9, parentId: 1 },
    ];
    expect(treeOf(rows, 2).map(({ id }) => id)).toEqual([2, 3, 4]);
    expect(treeOf(rows, 5)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('this machine', () => {
  test('measures the children of a child too', async () => {
    const work =
      'const end = Date.now() + 400; const held = Buffer.alloc(50e6, 1); while (Date.now() < end) held[0]++;';
    const program = `require('child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(work)}])`;
    const { peakRssBytes, cpuSeconds } = await measureProcessTree(
      () => new Promise((resolve) => spawn(process.execPath, ['-e', program]).once('close', resolve)),
    );
    expect(peakRssBytes).toBeGreaterThan(50e6);
    expect(cpuSeconds).toBeGreaterThan(0.1);
  });

  test('finds who listens on a port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    expect(findListener(port)).toBe(process.pid);
    server.close();
    await new Promise((resolve) => server.once('close', resolve));
    expect(findListener(port)).toBeUndefined();
    expect(cpuSecondsOf(process.pid)).toBeGreaterThan(0);
  });
});
