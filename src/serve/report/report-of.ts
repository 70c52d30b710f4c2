/** The report of a date: asks the routes of the service within this process, so that its figures are theirs. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ExitCode, SettleError } from '../../errors.ts';
import { version } from '../../version.ts';
import { type AnswerSettings, openAnswers } from '../cache/open-answers.ts';
import { PAGE_FOLDER } from '../page-folder.ts';
import { createServer } from '../server.ts';
import type { ServerOptions } from '../server-options.ts';

export interface ReportRequest extends Pick<ServerOptions, 'database' | 'registry' | 'logger' | 'zone'> {
  readonly date: string;
  /** `en` or `ko`. */
  readonly language: string;
}

interface Rendered {
  readonly title: string;
  readonly language: string;
  /** HTML. */
  readonly body: string;
}

/** One report asks everything once. */
const NOTHING_KEPT: AnswerSettings = {
  strategy: 'none',
  memoryBytes: 0,
  redisUrl: undefined,
  replicaUrls: [],
  lagSecondsMax: 0,
};

type Ask = (path: string) => Promise<unknown>;
type RenderReport = (
  ask: Ask,
  options: { date: string; language: string; zone: string; version: string; now: number },
) => Promise<Rendered>;

/** One HTML document without a script. @throws SettleError (exit 2) for a date on which nothing was run */
export async function reportOf({ date, language, zone, ...rest }: ReportRequest): Promise<string> {
  const access = { token: undefined, isLoopback: true, isReadOnly: true };
  const opened = await openAnswers(rest.database, rest.logger, NOTHING_KEPT);
  const { answers, observe } = opened;
  const app = await createServer({
    ...rest,
    ...access,
    answers,
    observe,
    redisUrl: undefined,
    zone,
    settleCommand: [],
  });
  try {
    const ask: Ask = async (path) => {
      const response = await app.inject({ url: `/api/v1${path}` });
      const value = JSON.parse(response.payload);
      if (response.statusCode === 200) return value;
      throw new SettleError(value.code ?? 'USAGE', value.exitCode ?? ExitCode.failed, value.detail, {
        hint: value.hint,
      });
    };
    await requireRun(ask, date);
    const { renderReport }: { renderReport: RenderReport } = await import(
      pathToFileURL(join(PAGE_FOLDER, 'report.js')).href
    );
    const rendered = await renderReport(ask, { date, language, zone, version: version(), now: Date.now() });
    return documentOf(rendered, readFileSync(join(PAGE_FOLDER, 'style.css'), 'utf8'));
  } finally {
    await app.close();
    await opened.close();
  }
}

async function requireRun(ask: Ask, date: string): Promise<void> {
  const { rows } = (await ask(`/dates?from=${date}&to=${date}`)) as { rows: { state: string; next?: string }[] };
  const [{ state, next }] = rows;
  if (state !== 'missing' && state !== 'not over') return;
  throw new SettleError('NOT_SETTLED', ExitCode.usage, `there is nothing to report of ${date}: it is ${state}`, {
    hint: next === undefined ? '`settle dates` lists what was settled' : `\`${next}\``,
  });
}

/** The policy lets nothing be loaded and no script be run; the sheet is allowed by its digest. */
function documentOf({ title, language, body }: Rendered, styles: string): string {
  const digest = createHash('sha256').update(styles).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>settle: ${title}</title>
<style>${styles}</style>
</head>
<body>${body}</body>
</html>
`;
}
