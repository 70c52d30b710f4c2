/** `settle import deposit-products FILE`: products from JSON. Small and whole, so it is no job: one transaction takes it. */
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { formatJson } from '../../../cli/output/json.ts';
import { print } from '../../../cli/output/stdout.ts';
import { readJsonFile } from '../../../cli/read-json-file.ts';
import { usageError } from '../../../errors.ts';
import { visibleLine } from '../../../rules/visible-text.ts';
import type { ReadingFlags } from '../../import/commands/reading-options.ts';

const BYTES_MAX = 10_000_000;

interface Flags extends GlobalFlags, ReadingFlags {
  readonly map?: string;
  readonly zone?: string;
  readonly registerVideos?: boolean;
  readonly encoding?: string;
  readonly allowPartialLastLine?: boolean;
  readonly allowRepeat?: boolean;
  readonly yes?: boolean;
  readonly correctClosed?: boolean;
  readonly json?: boolean;
}

/** @throws SettleError (exit 2) for a file that holds no products */
export async function importDepositProducts(
  flags: Flags,
  file: string,
  { withDatabase }: Pick<Cli, 'withDatabase'>,
): Promise<void> {
  const { map, zone, registerVideos, timeUnit, null: nulls, ignoreColumns, encoding } = flags;
  const { allowPartialLastLine, allowRepeat, yes, correctClosed } = flags;
  const others = [map, zone, registerVideos, timeUnit, nulls, ignoreColumns, encoding];
  if ([...others, allowPartialLastLine, allowRepeat, yes, correctClosed].some((flag) => flag !== undefined)) {
    throw usageError('deposit products are JSON in UTF-8: the options of other files are not for them');
  }
  const { parseProducts } = await import('../rules/product.ts');
  const products = parseProducts(readJsonFile(file, BYTES_MAX, 'a file of deposit products'));
  await withDatabase(flags, async ({ database }) => {
    const { importProducts } = await import('../product-store.ts');
    const imported = await importProducts(database, products);
    const shown = imported.map(({ product, revision, digest, isNew }) => ({
      name: product.name,
      revision,
      digest,
      isNew,
    }));
    if (flags.json) return await print(formatJson(shown));
    const lines = shown.map(
      ({ name, revision, isNew }) =>
        `deposit product ${visibleLine(name)}, revision ${revision}: ${isNew ? 'imported' : 'already there'}\n`,
    );
    await print(lines.join(''));
  });
}
