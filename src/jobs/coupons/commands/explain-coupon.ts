/** `settle explain coupon`: why a user got a coupon, or none. */
import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { explainGroup } from '../../../cli/explain-group.ts';

interface Flags extends GlobalFlags {
  readonly coupon: bigint;
  readonly user: bigint;
  readonly json?: boolean;
}

export function registerExplainCoupon(cli: Cli): void {
  const { withReadableDatabase, forOutput } = cli;
  const own = explainGroup(cli)
    .command('coupon')
    .description('why a user got a coupon or none: place in the queue, requests, the last that got one')
    .requiredOption('--coupon <id>', 'id of the coupon', identifier('--coupon'))
    .requiredOption('--user <id>', 'id of the user', identifier('--user'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle explain coupon --coupon 42 --user 7\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      await withReadableDatabase(flags, async ({ database }) => {
        const { explainCoupon } = await import('../allocation/read-coupon.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const explanation = await explainCoupon(database, flags.coupon, flags.user);
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(explanation));
        else await print((await import('../output/coupon.ts')).couponExplanationText(explanation));
      });
    });
  forOutput(own);
}
