/** Tables of other programs that the configuration maps: are they there, do they fit, and does the database read them? */
import { pendingMappings } from '../../mapping/apply-mappings.ts';
import { examineMappings } from '../../mapping/examine-mapping.ts';
import { selectMappings } from '../../repository/mapping.ts';
import { type Check, misconfigured, pass } from '../check.ts';

export const mappingsCheck: Check = {
  name: 'mappings',
  needsSchema: true,
  async run({ database, mappings }) {
    if (mappings === undefined || mappings.sources.length === 0) return [];
    const pending = pendingMappings(mappings, await selectMappings(database.knex));
    if (mappings.wanted.length === 0 && pending.length === 0) return [];
    const problems = await examineMappings(database, mappings);
    const findings = [
      ...problems.map(({ message, hint }) => misconfigured(message, hint)),
      ...pending.map(({ text }) =>
        misconfigured(`the configuration maps other tables than the database reads: ${text}`, 'run `settle migrate`'),
      ),
    ];
    if (findings.length > 0) return findings;
    const read = mappings.wanted.map(({ source, table }) => `${source.table} reads ${table}`);
    return pass(`${read.join(', ')}: columns, types and keys fit`);
  },
};
