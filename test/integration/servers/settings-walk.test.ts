/**
 * Every setting that a session of a server has, by the server's own list, with every hostile value of it: what a run
 * leaves is the same text. Some tens are tried at once; where the text differs, halves of them, down to the one.
 */
import { describe, expect, inject, test } from 'vitest';
import { hostileSettings, roundOf, type WalkedSetting } from '../../support/servers/hostile-values.ts';
import { whyNoSpareMysql } from '../../support/servers/mysql.ts';
import { type HostileSetting, type SpareKind, SpareServer } from '../../support/servers/spare-server.ts';
import { isThorough } from '../../support/thorough.ts';
import { runWorkload } from './workload.ts';

const AT_ONCE = 40;
const ROUNDS = 7;

const hasMysql = inject('servers').mysql !== undefined && (await whyNoSpareMysql()) === undefined;
const kinds: SpareKind[] = hasMysql ? ['mariadb', 'mysql'] : ['mariadb'];

/** What a session cannot put right: the error that ends the run. Tried one by one. */
const REFUSED: Readonly<Record<SpareKind, Readonly<Record<string, string>>>> = {
  mariadb: { enforce_storage_engine: 'DATABASE_ENGINE_MISSING', max_allowed_packet: 'DATABASE_PACKET_TOO_LARGE' },
  mysql: { connection_memory_limit: 'DATABASE_MEMORY_LIMIT', max_allowed_packet: 'DATABASE_PACKET_TOO_LARGE' },
};

describe.each(kinds)('the settings of a session on %s', (kind) => {
  test.runIf(isThorough)(
    'change no byte of a run, or end it by name',
    async () => {
      const server = await start(kind);
      try {
        const clean = await runWorkload(server);
        expect(clean.refusal).toBeUndefined();
        const { walked } = await hostileSettings(server);
        const found = new Map<string, string>();
        for (const { name, value } of single(walked, kind)) {
          const problem = await problemUnder(server, [{ name, value }], clean.text);
          if (problem !== undefined) found.set(name, problem);
        }
        expect(Object.fromEntries(found)).toEqual(REFUSED[kind]);

        const guilty: string[] = [];
        const search = async (settings: readonly HostileSetting[]): Promise<void> => {
          const problem = await problemUnder(server, settings, clean.text);
          if (problem === undefined) return;
          if (settings.length === 1) {
            guilty.push(`${settings[0].name} = ${settings[0].value}: ${problem}`);
            return;
          }
          const half = settings.length >> 1;
          const before = guilty.length;
          await search(settings.slice(0, half));
          await search(settings.slice(half));
          if (guilty.length > before) return;
          guilty.push(`together ${settings.map(({ name, value }) => `${name} = ${value}`).join(', ')}: ${problem}`);
        };
        const others = walked.filter(({ name }) => REFUSED[kind][name] === undefined);
        for (let round = 0; round < ROUNDS; round++) {
          const settings = roundOf(others, round);
          for (let at = 0; at < settings.length; at += AT_ONCE) await search(settings.slice(at, at + AT_ONCE));
        }
        expect(guilty).toEqual([]);
      } finally {
        await server.stop();
      }
    },
    3_600_000,
  );
});

/** What only the command line of a server decides, all at once. */
const AT_START: Readonly<Record<SpareKind, readonly string[]>> = {
  mariadb: [
    '--lower-case-table-names=1',
    '--innodb-rollback-on-timeout',
    '--skip-character-set-client-handshake',
    '--character-set-server=latin1',
    '--innodb-default-row-format=compact',
    '--transaction-isolation=SERIALIZABLE',
    '--query-cache-type=ON',
    '--query-cache-size=8M',
    '--secure-timestamp=YES',
    '--log-bin=log',
    '--binlog-format=MIXED',
    '--log-bin-trust-function-creators=1',
  ],
  mysql: [
    '--lower-case-table-names=1',
    '--innodb-rollback-on-timeout=ON',
    '--character-set-server=latin1',
    '--innodb-default-row-format=compact',
    '--transaction-isolation=SERIALIZABLE',
  ],
};

describe.each(kinds)('the command line of %s', (kind) => {
  test.runIf(isThorough)(
    'changes no row of a run',
    async () => {
      const texts: string[][] = [];
      for (const options of [[], AT_START[kind]]) {
        const server = await start(kind, options);
        try {
          const { text, refusal } = await runWorkload(server);
          expect(refusal).toBeUndefined();
          // Rows only: the names of tables differ by case.
          texts.push((text ?? '').split('\n').filter((line) => line.startsWith('[[')));
        } finally {
          await server.stop();
        }
      }
      expect(texts[0].length).toBeGreaterThan(100);
      expect(texts[1]).toEqual(texts[0]);
    },
    1_200_000,
  );
});

async function start(kind: SpareKind, options: readonly string[] = []): Promise<SpareServer> {
  const server = await SpareServer.start(kind, options);
  if (server === undefined) throw new Error(`no ${kind}`);
  return server;
}

function single(walked: readonly WalkedSetting[], kind: SpareKind): HostileSetting[] {
  return roundOf(walked, 0).filter(({ name }) => REFUSED[kind][name] !== undefined);
}

/** The code of the refusal, or where the text differs; undefined: nothing does. */
async function problemUnder(
  server: SpareServer,
  settings: readonly HostileSetting[],
  expected: string | undefined,
): Promise<string | undefined> {
  const { text, refusal } = await runWorkload(server, async (work) => {
    await server.under(settings, work);
  });
  if (refusal !== undefined) {
    return refusal.code === 'UNEXPECTED' ? `${refusal.stage}: ${refusal.line}` : refusal.code;
  }
  if (text === expected) return undefined;
  const lines = new Set(expected?.split('\n'));
  return text?.split('\n').find((line) => !lines.has(line)) ?? 'a line is missing';
}
