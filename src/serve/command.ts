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
    .addHelpText(
      'after',
      '\nExamples:\n  settle serve\n  settle serve --listen 0.0.0.0:8443 --token-file token --tls-cert cert.pem --tls-key key.pem\n',
    )
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseListen, readTls, readToken } = await import('./options.ts');
      const address = parseListen(flags.listen);
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
        const app = await createServer({
          database,
          registry,
          logger,
          zone: settings.zone,
          token,
          isLoopback: address.isLoopback,
          isReadOnly: flags.readOnly === true,
          tls,
          settleCommand: [process.execPath, launcherPath()],
        });
        await serveUntilStopped(app, address, tls !== undefined);
      });
    });
}
