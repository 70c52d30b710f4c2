/** The program put together: its domains, and what it says of itself. */
import { benchDomain } from './bench/domain.ts';
import type { Platform } from './cli/domain.ts';
import { challengesDomain } from './jobs/challenges/domain.ts';
import { couponsDomain } from './jobs/coupons/domain.ts';
import { dailyDomain } from './jobs/daily/domain.ts';
import { dateOptions } from './jobs/date-options.ts';
import { importDomain } from './jobs/import/domain.ts';
import { interestDomain } from './jobs/interest/domain.ts';
import { outboxDomain } from './jobs/outbox/domain.ts';
import { paymentsDomain } from './jobs/payments/domain.ts';
import { pointsDomain } from './jobs/points/domain.ts';
import { publicationDomain } from './jobs/publication/domain.ts';
import { seedDomain } from './jobs/seed/domain.ts';
import { stockDomain } from './jobs/stock/domain.ts';
import { videoSettlementDomain } from './jobs/video-settlement/domain.ts';
import { viewsDomain } from './jobs/views/domain.ts';
import { ledgerDomain } from './ledger/cli/domain.ts';
import { serveDomain } from './serve/domain.ts';

export const platform: Platform = {
  description: 'Settles one business date at a time: view statistics from a raw log, restartable and exact.',
  domains: [
    viewsDomain,
    ledgerDomain,
    dailyDomain,
    videoSettlementDomain,
    challengesDomain,
    paymentsDomain,
    pointsDomain,
    couponsDomain,
    stockDomain,
    outboxDomain,
    publicationDomain,
    interestDomain,
    seedDomain,
    importDomain,
    serveDomain,
    benchDomain,
  ],
  migrations: async () => (await import('../migrations/index.ts')).platformMigrations,
  migrationNames: async () => (await import('../migrations/names.ts')).platformMigrationNames,
  runOptions: dateOptions,
  shorthand: { option: '--date', job: 'daily', example: '2026-11-20', placeholder: 'YYYY-MM-DD' },
  force: {
    flags: '--force-broken-ledger',
    description: 'move money although the last `settle ledger verify` found the ledger broken',
    told: 'it is moved nevertheless',
  },
  commandOrder: [
    ...[
      'run',
      'backfill',
      'catch-up',
      'jobs',
      'runs',
      'dates',
      'show',
      'stats',
      'verify',
      'settlement',
      'report',
      'interest',
      'explain',
      'ledger',
      'challenge',
      'coupon',
      'stock',
      'payments',
    ],
    ...[
      'close',
      'rates',
      'reprice',
      'relay',
      'outbox',
      'publish',
      'differences',
      'skipped',
      'replay',
      'stop',
      'restart',
      'abandon',
      'recover',
      'wait',
      'worker',
      'purge',
      'doctor',
    ],
    ...['migrate', 'import', 'copy-table', 'seed', 'serve', 'bench'],
    ...[
      'explain settlement',
      'explain payout',
      'explain balance',
      'explain coupon',
      'explain payment',
      'explain interest',
    ],
    ...['ledger verify', 'ledger balances', 'ledger statement', 'ledger post', 'ledger reverse'],
  ],
  help: {
    run: '\nA dry run brings only the map of the log up to date.\n\nExamples:\n  settle run daily --date 2026-11-20\n  settle run daily --date 2026-11-20 --dry-run\n  settle run daily --date 2026-11-20 --detach\n',
    runs: '\nExamples:\n  settle runs --job daily --limit 5\n  settle runs --status FAILED --since 7d\n  settle runs --summary --since 7d\n',
    replay: '\nThe job daily computes its date again, as --rerun does.\n',
    explain: '\nExample:\n  settle explain settlement --date 2026-11-20 --video 17\n',
  },
};
