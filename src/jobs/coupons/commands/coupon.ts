/** `settle coupon show`: who got a coupon, by place. */
import { Option } from 'commander';
import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';

interface Flags extends GlobalFlags {
  readonly format: 'table' | 'csv' | 'json';
  readonly json?: boolean;
}

/** As a table: what a person reads; scripts get all of them. */
const ISSUES_SHOWN = 100;

export function registerCoupon({ program, withReadableDatabase, forOutput }: Cli): void {
  const coupon = program
    .command('coupon')
    .description('look at coupons')
    .addHelpText('after', '\nExample:\n  settle coupon show 42 --format csv\n');
  const own = coupon
    .command('show')
    .description('show one coupon: its terms, how many requests it had, and who got it by place')
    .argument('<id>', 'id of the coupon', identifier('id'))
    .addOption(new Option('--format <format>', 'how it looks').choices(['table', 'csv', 'json']).default('table'))
    .option('--json', 'short for --format json')
    .addHelpText('after', '\nExamples:\n  settle coupon show 42\n  settle coupon show 42 --format csv\n')
    .action(async (id: bigint, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const format = flags.json ? 'json' : flags.format;
      await withReadableDatabase(flags, async ({ database }) => {
        const { readCoupon, streamIssues } = await import('../allocation/read-coupon.ts');
        const { print, printingIsVain } = await import('../../../cli/output/stdout.ts');
        const output = await import('../output/coupon.ts');
        const view = await readCoupon(database, id);
        if (format === 'csv') await print(output.couponCsvHeader);
        else if (format === 'table') await print(output.couponText(view));
        const shown = [];
        for await (const page of streamIssues(database, id)) {
          if (format === 'csv') await print(output.issuesCsv(page));
          else shown.push(...page);
          if (printingIsVain() || (format === 'table' && shown.length > ISSUES_SHOWN)) break;
        }
        if (format === 'json') {
          const { formatJson } = await import('../../../cli/output/json.ts');
          const issues = shown.map(({ userId, place, requestId, requestedAt }) => ({
            user_id: userId,
            place,
            request_id: requestId,
            requested_at: requestedAt,
          }));
          await print(formatJson({ ...view, issues }));
        }
        if (format === 'table' && shown.length > 0) {
          await print(`\n${output.issuesText(shown.slice(0, ISSUES_SHOWN))}`);
          if (shown.length > ISSUES_SHOWN) await print(`... and more: --format csv prints all\n`);
        }
      });
    });
  forOutput(own);
}
