/** The package that is published: JavaScript only, and everything that its commands need, worker threads included. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import SqliteFile from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'settle-package-'));
const modules = join(folder, 'node_modules');
const installed = join(modules, 'settle');

/** As `npm install` of the tarball would, with the dependencies of the checkout instead of a download. */
beforeAll(async () => {
  await execute('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  mkdirSync(installed, { recursive: true });
  await execute('tar', ['-xzf', join(folder, tarball), '-C', installed, '--strip-components=1']);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function settle(...args: string[]): Promise<string> {
  const env = { ...process.env, SETTLE_DATABASE_URL: '', SETTLE_LOG: 'warn' };
  const { stdout } = await execute(process.execPath, [join(installed, 'bin/settle.js'), ...args], { cwd: folder, env });
  return stdout;
}

test('holds documents and JavaScript, and no TypeScript but declarations', () => {
  const files = readdirSync(installed, { recursive: true }) as string[];
  for (const name of [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'docs/operations.md',
    'bin/settle.js',
    'dist/src/index.d.ts',
  ]) {
    expect(files).toContain(name);
  }
  expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([]);
});

test('its settle runs a date from an empty folder', async () => {
  await settle('migrate');
  await settle('seed', '--rows', '5000', '--date', '2026-11-20', '--videos', '100');
  expect(await settle('--date', '2026-11-20')).toMatch(/^daily 2026-11-20: COMPLETED/);
  expect(await settle('verify', '--date', '2026-11-20')).toMatch(/equal/);
});

test('can be imported as a library', async () => {
  // A package of its own, whatever lies in the folders above it.
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody-elses" }');
  const program = "import('settle').then((settle) => console.log(typeof settle.runJob))";
  const { stdout } = await execute(process.execPath, ['-e', program], { cwd: folder });
  expect(stdout).toBe('function\n');
});

test('knows where its own command lies, which the service and the benchmark start', async () => {
  const program = `import('${join(installed, 'dist/src/launcher.js')}').then((one) => console.log(one.launcherPath()))`;
  const { stdout } = await execute(process.execPath, ['-e', program], { cwd: folder });
  expect(stdout).toBe(`${join(installed, 'bin/settle.js')}\n`);
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A project in the folder of the installed package, as a user has it: only the command line reaches it. */
function project(name: string, from?: string) {
  const own = join(folder, name);
  if (from !== undefined) cpSync(join(ROOT, from), own, { recursive: true });
  const start = (program: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}) => {
    const env = { ...process.env, SETTLE_DATABASE_URL: '', SETTLE_LOG: 'warn', NODE_OPTIONS: '', ...variables };
    let child: ReturnType<typeof execFile> | undefined;
    const ended = new Promise<Ended>((resolve) => {
      child = execFile(process.execPath, [program, ...args], { cwd: own, env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 137), out, err });
      });
    });
    return { child: child!, ended };
  };
  const cli = (...args: string[]) => start(join(installed, 'bin/settle.js'), args);
  return {
    own,
    start,
    run: (...args: string[]) => cli(...args).ended,
    rows: (sql: string): unknown[] => {
      const file = new SqliteFile(join(own, 'settle.db'));
      try {
        return file.prepare(sql).raw().all();
      } finally {
        file.close();
      }
    },
    /** Kills the run once a row of it is committed. */
    async killed(this: { rows(sql: string): unknown[] }, sql: string, ...args: string[]): Promise<void> {
      const { child, ended } = cli(...args);
      let isEnded = false;
      void ended.then(() => {
        isEnded = true;
      });
      while (!isEnded && Number((this.rows(sql)[0] as unknown[])[0]) === 0) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      child.kill('SIGKILL');
      expect(await ended).toMatchObject({ code: 137 });
    },
  };
}

describe('the examples', () => {
  test('are as short as was promised, and their types fit', async () => {
    const lines = (path: string) =>
      readFileSync(join(ROOT, 'examples', path), 'utf8')
        .trimEnd()
        .split('\n').length;
    expect(lines('csv-to-table/jobs/load-orders.ts')).toBeLessThanOrEqual(15);
    expect(lines('partitioned-sql/jobs/send-orders.ts')).toBeLessThanOrEqual(25);
    expect(lines('flow/jobs/nightly.ts')).toBeLessThanOrEqual(35);
    const names = ['csv-to-table', 'flow', 'partitioned-sql', 'report-file'];
    for (const name of names) cpSync(join(ROOT, 'examples', name), join(folder, 'types', name), { recursive: true });
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'examples/flow/tsconfig.json'), 'utf8'));
    writeFileSync(join(folder, 'types', 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
    await execute(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(folder, 'types')]);
  });

  test('csv-to-table: killed, restarted, its bad records skipped, shown and replayed', async () => {
    const { own, run, rows, killed } = project('csv', 'examples/csv-to-table');
    const good = Array.from({ length: 60_000 }, (_none, index) => `${index + 1},c${index % 7},${index}\n`);
    writeFileSync(join(own, 'orders.csv'), `id,customer,amount\n5,twice,1\n${good.join('')}60001,owing,-1\n`);
    expect(await run('migrate')).toMatchObject({ code: 0 });
    // A user's database has nothing of videos.
    expect(rows("SELECT COUNT(*) FROM sqlite_master WHERE name LIKE '%video%' OR name LIKE 'view%'")).toEqual([[0]]);
    await killed.call({ rows }, 'SELECT COUNT(*) FROM orders', 'run', 'load-orders', '-p', 'file=orders.csv');
    const [[first]] = rows('SELECT COUNT(*) FROM orders') as number[][];
    expect(first).toBeLessThan(60_000);
    expect(await run('restart', '1')).toMatchObject({ code: 3 });
    expect(rows('SELECT COUNT(*), MIN(customer) FROM orders')).toEqual([[60_000, 'c0']]);
    const skipped = await run('skipped', '2', '--json');
    expect(skipped.out).toContain('"5"');
    expect(skipped.out).toContain('"60001"');
    expect(JSON.parse((await run('show', '2', '--json')).out)).toMatchObject({
      job: 'load-orders',
      status: 'COMPLETED',
    });
    // The second row with the id 5 may go in once the first one is away.
    new SqliteFile(join(own, 'settle.db')).exec('DELETE FROM orders WHERE id = 5').close();
    expect(await run('replay', '2')).toMatchObject({
      code: 3,
      out: expect.stringContaining('1 replayed, 1 failed again'),
    });
    expect(rows('SELECT COUNT(*) FROM orders')).toEqual([[60_000]]);
  });

  test('partitioned-sql: each order reaches the partner, one is rejected and replayed', async () => {
    const { own, run, rows, killed } = project('partitioned', 'examples/partitioned-sql');
    expect(await run('migrate')).toMatchObject({ code: 0 });
    const file = new SqliteFile(join(own, 'settle.db'));
    file.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
      INSERT INTO orders SELECT i, 'c', i FROM n`);
    file.close();
    const tries = new Map<string, number>();
    let isStrict = true;
    const partner = createServer(({ url = '' }, answer) => {
      const count = (tries.get(url) ?? 0) + 1;
      tries.set(url, count);
      const status = url === '/orders/77' && isStrict ? 422 : url.endsWith('13') && count === 1 ? 503 : 200;
      setTimeout(() => answer.writeHead(status).end(status === 200 ? `receipt of ${url}` : 'no such customer'), 2);
    });
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
    const asked = `partner=http://127.0.0.1:${(partner.address() as AddressInfo).port}`;
    try {
      const start = ['run', 'send-orders', '-p', asked, '--workers', '2'];
      await killed.call({ rows }, 'SELECT COUNT(*) FROM receipts', ...start);
      expect(rows('SELECT COUNT(*) < 1999 FROM receipts')).toEqual([[1]]);
      // The next start takes over by itself.
      expect(await run(...start)).toMatchObject({ code: 3 });
      expect(rows('SELECT COUNT(*), SUM(id) FROM receipts')).toEqual([[1_999, 2_001_000 - 77]]);
      expect((await run('skipped', '2')).out).toContain('no such customer');
      isStrict = false;
      expect(await run('replay', '2')).toMatchObject({ code: 0 });
      expect(rows('SELECT receipt FROM receipts WHERE id = 77')).toEqual([['receipt of /orders/77']]);
    } finally {
      partner.close();
      partner.closeAllConnections();
    }
  });

  test('flow: a report, nothing to report, bad orders, and a failed step that is handled', async () => {
    const { own, run, rows } = project('flow', 'examples/flow');
    await run('migrate');
    const nightly = async (name: string, text: string) => {
      writeFileSync(join(own, name), text);
      return await run('run', 'nightly', '-p', `file=${name}`);
    };
    expect(await nightly('empty.csv', 'id,amount\n')).toMatchObject({ code: 0 });
    expect(readdirSync(own)).not.toContain('report.csv');
    expect(await nightly('good.csv', 'id,amount\n2,20\n1,10\n')).toMatchObject({ code: 0 });
    expect(readFileSync(join(own, 'report.csv'), 'utf8')).toBe('id,amount\n1,10\n2,20\n');
    expect(await nightly('twice.csv', 'id,amount\n1,10\n')).toMatchObject({ code: 0 });
    expect(rows('SELECT about FROM alerts')).toEqual([[`${join(own, 'twice.csv')} was not loaded`]]);
    const bad = await nightly('bad.csv', 'id,amount\n3,-1\n');
    expect(bad).toMatchObject({ code: 1, err: expect.stringContaining('an order has a negative amount') });
    expect((await run('runs')).out).toContain('BAD_ORDERS');
  });

  test('report-file: a file of what a query gives', async () => {
    const { own, run } = project('report', 'examples/report-file');
    await run('migrate');
    const file = new SqliteFile(join(own, 'settle.db'));
    file.exec("INSERT INTO orders VALUES (1, 'b', 5), (2, 'a', 7), (3, 'b', 6)").close();
    expect(await run('run', 'report-customers')).toMatchObject({ code: 0 });
    const text = 'customer,orders,amount\na,1,7\nb,2,11\ntotal,2,\n';
    expect(readFileSync(join(own, 'customers.csv'), 'utf8')).toBe(text);
  });
});

test('init makes a project whose test and job run, and whose words a shell completes', async () => {
  expect(await settle('init', 'new')).toContain('npx settle run hello');
  const { own, run, start } = project('new');
  expect(await start('--test', ['jobs/*.test.ts']).ended).toMatchObject({
    code: 0,
    out: expect.stringContaining('pass 1'),
  });
  expect(await run('run', 'hello', '-p', 'greeting=Hi')).toMatchObject({ code: 0 });
  expect(readFileSync(join(own, 'greetings.csv'), 'utf8')).toContain('Hi, Ada!');
  const help = await run('run', 'hello', '--help');
  expect(help.out).toContain('-p greeting=  the first word (text; default Hello)');
  expect(help.out).not.toMatch(/date|ledger/i);
  expect(await run('init', '.')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^settle: \. is not empty[^\n]*\n$/),
  });
  writeFileSync(join(own, 'words'), (await run('completion', 'bash')).out);
  const typed = (...words: string[]) =>
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _settle; echo "\${COMPREPLY[*]}"`;
  const script = `source words; ${[
    ['settle', 're'],
    ['settle', 'run', 'h'],
    ['settle', 'runs', '--job', ''],
    ['settle', '--config', 'x', 'show', '--l'],
  ]
    .map((words) => typed(...words))
    .join('; ')}`;
  const { stdout } = await execute('bash', ['-euc', script], { cwd: own });
  expect(stdout).toBe('replay restart recover\nhello\nhello\n--log-level --log-format --last\n');
});

test('the guide in docs/writing-a-job.md does what it says', async () => {
  await settle('init', 'guided');
  const { own, run, start } = project('guided');
  const guide = readFileSync(join(ROOT, 'docs/writing-a-job.md'), 'utf8');
  let commands = 0;
  for (const [, language, text] of guide.matchAll(/```(console|ts|csv)\n(.*?)```/gs)) {
    const [, path] = /^\/\/ (\S+)\n/.exec(text) ?? [];
    if (language !== 'console') {
      if (path === undefined) continue;
      mkdirSync(dirname(join(own, path)), { recursive: true });
      writeFileSync(join(own, path), text.replace(/^.*\n/, ''));
      continue;
    }
    for (const [, line] of text.matchAll(/^\$ (.*)$/gm)) {
      const [, command, code = '0'] = /^(.*?)(?: +# exit code (\d+).*)?$/.exec(line)!;
      const [program, ...args] = command.split(' ');
      commands++;
      if (program === 'cd' || command === 'npm install' || args[1] === 'init') continue;
      const { ended } = program === 'npm' ? start('--test', ['jobs/*.test.ts']) : { ended: run(...args.slice(1)) };
      const { code: actual, out, err } = await ended;
      expect({ command, code: actual, told: actual === Number(code) ? '' : out + err }).toEqual({
        command,
        code: Number(code),
        told: '',
      });
    }
  }
  expect(commands).toBeGreaterThan(15);
  const { compilerOptions, include } = JSON.parse(readFileSync(join(own, 'tsconfig.json'), 'utf8'));
  writeFileSync(join(own, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: [...include, 'migrations'] }));
  await execute(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', own]);
}, 240_000);
