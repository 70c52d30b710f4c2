/** Work that was put up for workers: is anybody at it, and does any of it belong to a worker that is gone? */
import type { Database } from '../../database/database.ts';
import { listPartitionOwners, type PartitionOwner } from '../../engine/partition-owners.ts';
import { takingOf } from '../../engine/partition-rules.ts';
import { listOffers, type Offer } from '../../repository/offer.ts';
import { listOpenPartitions } from '../../repository/partition-claim.ts';
import { listOpenRequests } from '../../repository/request.ts';
import { type Check, type Finding, pass, warn } from '../check.ts';

const PARTITIONS_NAMED_MAX = 5;

export const workersCheck: Check = {
  name: 'workers',
  needsSchema: true,
  async run({ database }) {
    const offers = await listOffers(database.knex);
    const owners = await listPartitionOwners(database);
    const findings: Finding[] = owners.filter(({ death }) => death !== undefined).map((one) => ofDead(one, offers));
    for (const offer of offers) findings.push(...(await ofOffer(database, offer, owners)));
    for (const { id, jobName, isDetached, ownerId } of await listOpenRequests(database.knex)) {
      if (!isDetached || ownerId !== undefined) continue;
      findings.push(
        warn(
          `run ${id} (${jobName}) was left to workers, and none has taken it`,
          'on this host or another, with the settle and the project that it was asked for with: settle worker',
        ),
      );
    }
    if (findings.length > 0) return findings;
    const partitions = owners.reduce((sum, one) => sum + one.partitions.length, 0);
    if (offers.length === 0 && owners.length === 0) return pass('no step is put up for workers');
    return pass(
      `${count(offers.length, 'step')} put up, ${count(owners.length, 'worker')} at ${count(partitions, 'partition')}`,
    );
  },
};

/** Whoever looks for work next takes them over, where their step is put up. */
function ofDead({ host, pid, death, partitions }: PartitionOwner, offers: readonly Offer[]): Finding {
  const [{ jobInstanceId, stepName }] = partitions;
  const offer = offers.find((one) => one.jobInstanceId === jobInstanceId && one.stepName === stepName);
  const named = partitions.slice(0, PARTITIONS_NAMED_MAX).map(({ partition }) => partition);
  const more = partitions.length > named.length ? ` and ${partitions.length - named.length} more` : '';
  const who = pid === undefined ? `a worker on ${host}` : `worker process ${pid} on ${host}`;
  return warn(
    `${who} has ${partitions.length === 1 ? 'partition' : 'partitions'} ${named.join(', ')}${more} of ${stepName}, but ${death}`,
    offer === undefined
      ? 'start the command of its run again: it goes on from the last commit'
      : 'any other worker takes them over by itself; if there is none: settle worker',
  );
}

async function ofOffer(database: Database, offer: Offer, owners: readonly PartitionOwner[]): Promise<Finding[]> {
  const { jobInstanceId, stepName, jobExecutionId } = offer;
  const isAt = owners.some(
    ({ death, partitions }) =>
      death === undefined && partitions.some((one) => one.jobInstanceId === jobInstanceId && one.stepName === stepName),
  );
  if (isAt) return [];
  const { attemptsMax } = JSON.parse(offer.detail) as { attemptsMax: number };
  const open = await listOpenPartitions(database.knex, jobInstanceId, stepName);
  // Nobody is at work on the step: whatever is STARTED has a dead owner.
  const waiting = open.filter((one) => takingOf(one, false, attemptsMax) === 'take').length;
  if (waiting === 0) return [];
  const verb = waiting === 1 ? 'waits' : 'wait';
  return [
    warn(
      `${count(waiting, 'partition')} of ${stepName} ${verb}, and no worker is at work on it (execution ${jobExecutionId})`,
      'on this host or another, with the settle and the project that the run has: settle worker',
    ),
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
