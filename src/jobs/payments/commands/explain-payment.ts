/** `settle explain payment`: why an order is in its class, and what became of its points. */
import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { explainGroup } from '../../../cli/explain-group.ts';

interface Flags extends GlobalFlags {
  readonly order: bigint;
  readonly json?: boolean;
}

export function registerExplainPayment(cli: Cli): void {
  const own = explainGroup(cli)
    .command('payment')
    .description('the class of an order and its history, its approvals, points, refunds, rule, source rows')
    .requiredOption('--order <id>', 'id of the order', identifier('--order'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle explain payment --order 42\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      await cli.withReadableDatabase(flags, async ({ database }) => {
        const { explainPayment } = await import('../explain-payment.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const explanation = await explainPayment(database, flags.order);
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(explanation));
        else await print((await import('../output/payments.ts')).paymentExplanationText(explanation));
      });
    });
  cli.forOutput(own);
}
