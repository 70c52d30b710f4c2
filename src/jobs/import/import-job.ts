/** The jobs `import-KIND`: a CSV or TSV file, plain or gzip, into the platform's tables. */
import type { JobDefinition } from '../../engine/job.ts';
import { type PaymentKind, writePaymentsStep } from '../payments/import/write-payments.ts';
import { requireFitLedger } from '../points/fit-ledger.ts';
import { postGrantsStep } from '../points/grants/post-grants.ts';
import { requireOwnLog } from '../views/log/open-log.ts';
import { checkFileStep } from './check-file.ts';
import { describeImport } from './describe-import.ts';
import { type ImportKind, importParameterDefinitions } from './import-parameters.ts';
import {
  openChallengeRows,
  openCouponRequestRows,
  openCouponRows,
  openDepositAccountRows,
  openDepositEntryRows,
  openGrantRows,
  openMemberRows,
  openPaymentRows,
  openProofRows,
  openStockMovementRows,
  openVideoRows,
  openViewRows,
} from './row-source.ts';
import { targetsOf } from './target-columns.ts';
import { requireWholeTimes } from './whole-times.ts';
import { writeCouponRequestsStep, writeCouponsStep, writeStockMovementsStep } from './write-allocations.ts';
import { writeChallengesStep, writeProofsStep } from './write-challenges.ts';
import { writeDepositAccountsStep, writeDepositEntriesStep } from './write-deposits.ts';
import { writeMembersStep } from './write-members.ts';
import { writeVideosStep } from './write-videos.ts';
import { writeViewsStep } from './write-views.ts';

const checkViews = checkFileStep({
  openRows: openViewRows,
  targets: (parameters) => (parameters.get('register-videos') === 'true' ? targetsOf.viewsAndVideos : targetsOf.views),
  hasOwnKeys: (source) => source.has('id'),
  checkRows: requireWholeTimes,
});
const checkVideos = checkFileStep({ openRows: openVideoRows, targets: () => targetsOf.videos });
const checkChallenges = checkFileStep({ openRows: openChallengeRows, targets: () => targetsOf.challenges });
const checkMembers = checkFileStep({ openRows: openMemberRows, targets: () => targetsOf.members });
const checkProofs = checkFileStep({ openRows: openProofRows, targets: () => targetsOf.proofs });
const checkDepositAccounts = checkFileStep({
  openRows: openDepositAccountRows,
  targets: () => targetsOf.depositAccounts,
});
const checkDepositEntries = checkFileStep({ openRows: openDepositEntryRows, targets: () => targetsOf.depositEntries });
const checkGrants = checkFileStep({ openRows: openGrantRows, targets: () => [] });

const checkCoupons = checkFileStep({ openRows: openCouponRows, targets: () => targetsOf.coupons });
const checkCouponRequests = checkFileStep({ openRows: openCouponRequestRows, targets: () => targetsOf.couponRequests });
const checkStockMovements = checkFileStep({ openRows: openStockMovementRows, targets: () => targetsOf.stockMovements });

function paymentSteps(kind: PaymentKind): JobDefinition['steps'] {
  const check = checkFileStep({
    openRows: (parameters) => openPaymentRows(kind, parameters),
    targets: () => targetsOf[kind],
  });
  return [check, writePaymentsStep(kind)];
}

const imports: Readonly<
  Record<ImportKind, Pick<JobDefinition, 'description' | 'steps' | 'requireFit' | 'requireHost'>>
> = {
  views: {
    description: 'load a file of views into view_log',
    steps: [checkViews, writeViewsStep],
    requireHost: async () => requireOwnLog(),
  },
  videos: { description: 'load a file of videos and their creators', steps: [checkVideos, writeVideosStep] },
  challenges: { description: 'load a file of challenges', steps: [checkChallenges, writeChallengesStep] },
  members: {
    description: 'load a file of challenge members, and move their stakes into escrow',
    steps: [checkMembers, writeMembersStep],
    requireFit: requireFitLedger,
  },
  proofs: { description: 'load a file of the proofs of challenge members', steps: [checkProofs, writeProofsStep] },
  grants: {
    description: 'post a file of grants onto the ledger',
    steps: [checkGrants, postGrantsStep],
    requireFit: requireFitLedger,
  },
  coupons: { description: 'load a file of coupons', steps: [checkCoupons, writeCouponsStep] },
  'coupon-requests': {
    description: 'load a file of requests for coupons',
    steps: [checkCouponRequests, writeCouponRequestsStep],
  },
  'stock-movements': {
    description: 'load a file of movements of stock',
    steps: [checkStockMovements, writeStockMovementsStep],
  },
  'payment-orders': { description: 'load a file of orders of points', steps: paymentSteps('payment-orders') },
  'payment-approvals': {
    description: "load a payment provider's file of approvals",
    steps: paymentSteps('payment-approvals'),
  },
  'deposit-accounts': {
    description: 'load a file of deposit accounts',
    steps: [checkDepositAccounts, writeDepositAccountsStep],
  },
  'deposit-entries': {
    description: 'load a file of what was paid into deposit accounts, and out of them',
    steps: [checkDepositEntries, writeDepositEntriesStep],
  },
};

/**
 * The instance is the file's content and how it is read, so the same file is imported once. A restart goes on after the
 * last committed row. Raw parameters come from `importParameters`.
 */
export function importJob(kind: ImportKind): JobDefinition {
  const { description, steps, requireFit, requireHost } = imports[kind];
  const parameters = importParameterDefinitions(kind);
  // The first step only reads the whole file; what it writes is what was imported.
  const countedStep = steps.at(-1)?.name;
  return {
    name: `import-${kind}`,
    description,
    parameters,
    steps,
    requireFit,
    requireHost,
    countedStep,
    describe: async (database, execution) => await describeImport(database, kind, countedStep, execution),
  };
}
