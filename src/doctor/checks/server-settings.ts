/**
 * Settings of the server that would change what statements give, see or may take: settle's sessions override them, and a
 * proxy or an init_connect may undo that. Is the server read-only, for this user?
 */
import { toSettleError } from '../../database/errors.ts';
import { type Check, type CheckContext, type Finding, fail, misconfigured, pass, warn } from '../check.ts';

interface Setting {
  readonly effect: string;
  isHostile(value: string): boolean;
}

const isOn = (value: string) => /^(on|1)$/i.test(value);
const isOff = (value: string) => /^(off|0)$/i.test(value);
const isLimit = (value: string) => Number(value) > 0;

const SETTINGS: Readonly<Record<string, Setting>> = {
  sql_select_limit: { effect: 'cuts every answer to that many rows', isHostile: (value) => Number(value) < 2 ** 63 },
  autocommit: { effect: 'leaves single statements uncommitted', isHostile: isOff },
  max_statement_time: { effect: 'ends statements after so many seconds', isHostile: isLimit },
  max_execution_time: { effect: 'ends reads after so many milliseconds', isHostile: isLimit },
  sql_big_selects: { effect: 'refuses reads that look large', isHostile: isOff },
  sql_safe_updates: { effect: 'refuses changes without a key', isHostile: isOn },
  sql_auto_is_null: { effect: 'finds other rows by IS NULL', isHostile: isOn },
  transaction_read_only: { effect: 'refuses every write', isHostile: isOn },
  tx_read_only: { effect: 'refuses every write', isHostile: isOn },
};
const READ_ONLY = ['read_only', 'super_read_only', 'innodb_read_only'];

export const serverSettingsCheck: Check = {
  name: 'server settings',
  needsSchema: true,
  async run(context) {
    const { dialect, knex } = context.database;
    const names = [...Object.keys(SETTINGS), ...READ_ONLY];
    const values = await dialect.inspect.variables(knex, names);
    if (values === undefined) return pass('none that matter (SQLite)');
    const findings: Finding[] = [];
    for (const [name, { effect, isHostile }] of Object.entries(SETTINGS)) {
      const ofSession = values.session[name];
      const ofServer = values.global[name];
      if (ofSession !== undefined && isHostile(ofSession)) {
        findings.push(
          misconfigured(
            `${name} is ${ofSession} in settle's sessions: it ${effect}`,
            `SET GLOBAL ${name} = DEFAULT on the server, and let no proxy or init_connect set it`,
          ),
        );
      } else if (ofServer !== undefined && isHostile(ofServer)) {
        findings.push(
          warn(
            `the server's ${name} is ${ofServer}, which ${effect}; settle's sessions have ${ofSession ?? 'their own'}`,
            `runs are right; whatever else writes or reads here may not be: SET GLOBAL ${name} = DEFAULT`,
          ),
        );
      }
    }
    const readOnly = READ_ONLY.filter((name) => isOn(values.global[name] ?? ''));
    if (readOnly.length > 0) findings.push(await examineReadOnly(context, readOnly[0]));
    return findings.length > 0 ? findings : pass('none that bite');
  },
};

/** A statement that would change a row, and finds none. */
async function examineReadOnly({ database }: CheckContext, name: string): Promise<Finding> {
  try {
    await database.knex('settle_fence').whereRaw('1 = 0').delete();
  } catch (error) {
    const { code, message } = toSettleError(error);
    if (code === 'DATABASE_READ_ONLY') {
      return fail(
        `the server is read-only (${name} is ON)`,
        'point the database URL to the primary, or wait until the failover is over',
      );
    }
    return fail(message, `${name} is ON: is this the primary?`);
  }
  return warn(`${name} is ON, and this user may write all the same`, 'make sure that this is the primary');
}
