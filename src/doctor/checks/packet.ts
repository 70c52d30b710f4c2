/** max_allowed_packet: rows are written many a statement, checkpoints in pieces of megabytes. */
import { type Check, misconfigured, pass, warn } from '../check.ts';

const MEGABYTE = 1_048_576;
const WANTED_MB = 16;
/** Below this, the first bulk insert fails. */
const NEEDED_MB = 4;

export const packetCheck: Check = {
  name: 'packet size',
  async run({ database: { dialect, knex } }) {
    const settings = await dialect.inspect.settings(knex);
    if (settings === undefined) return pass('no limit (SQLite)');
    const megabytes = Math.floor(settings.packetBytesMax / MEGABYTE);
    const message = `max_allowed_packet is ${megabytes} MB`;
    const hint = `set it to ${WANTED_MB} MB or more on the server`;
    if (megabytes < NEEDED_MB) return misconfigured(message, hint);
    return megabytes < WANTED_MB ? warn(message, hint) : pass(message);
  },
};
