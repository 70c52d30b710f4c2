/** `settle serve`: the page, the HTTP API and the metrics, in one process. */
import type { Cli } from '../cli/cli.ts';
import type { GlobalFlags } from '../cli/config.ts';
import { usageError } from '../errors.ts';
import { launcherPath } from '../launcher.ts';

interface Flags extends GlobalFlags {
  readonly listen: string;
  readonly tokenFile?: string;
  readonly readOnly?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly cache?: string;
  readonly cacheMb: string;
  readonly redis?: string;
  readonly replicaLag: string;
}

export function registerServe({ program, registry, withReadableDatabase }: Cli): void {
  program
    .command('serve')
    .description('serve the page, the HTTP API and the metrics until SIGTERM')
    .option('--listen <host:port>', 'where to listen', '127.0.0.1:8080')
    .option('--token-file <file>', 'file with the token that actions need; without it nothing can be changed')
    .option('--read-only', 'no actions, also with a token')
    .option('--tls-cert <file>', 'certificate chain, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--cache <strategy>', 'answers that are kept: none, update or evict; default SETTLE_CACHE')
    .option('--cache-mb <n>', 'MB of answers in the memory of this process; 0: in Redis alone', '64')
    .option('--redis <url>', 'Redis that services keep answers in and check views by; default SETTLE_REDIS_URL')
    .option('--replica-lag <seconds>', 'replicas of SETTLE_REPLICAS that are further behind are left out', '10')
    .addHelpText(
      'after',
      '\nExamples:\n  settle serve\n  settle serve --listen 0.0.0.0:8443 --token-file token --tls-cert cert.pem --tls-key key.pem\n',
    )
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { answerSettings, readTls, readToken } = await import('./options.ts');
      const { parseListen } = await import('../cli/listen-address.ts');
      const address = parseListen('--listen', flags.listen);
      const token = flags.tokenFile === undefined ? undefined : readToken(flags.tokenFile);
      const tls = readTls(flags.tlsCert, flags.tlsKey);
      if (!address.isLoopback && token === undefined) {
        throw usageError(
          `--listen ${flags.listen} is open to other machines: it needs --token-file`,
          'reading needs the token there, too',
        );
      }
      await withReadableDatabase(flags, async ({ database, logger, settings }) => {
        const { createServer } = await import('./server.ts');
        const { serveUntilStopped } = await import('./serve-until-stopped.ts');
        const { openAnswers } = await import('./cache/open-answers.ts');
        const answering = answerSettings(flags, database.url);
        const opened = await openAnswers(database, logger, answering);
        const app = await createServer({
          database,
          registry,
          answers: opened.answers,
          observe: opened.observe,
          redisUrl: answering.redisUrl,
          logger,
          zone: settings.zone,
          token,
          isLoopback: address.isLoopback,
          isReadOnly: flags.readOnly === true,
          tls,
          settleCommand: [process.execPath, launcherPath()],
        });
        try {
          await serveUntilStopped(app, address, tls !== undefined);
        } finally {
          await opened.close();
        }
      });
    });
}
