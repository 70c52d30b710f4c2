/** The log of a command: pino on stderr, JSON lines for machines, short text lines on a terminal. */
import { type Logger, type LoggerOptions, pino } from 'pino';
import { hideCredentials } from '../errors.ts';
import { visibleLine } from '../rules/visible-text.ts';
import type { Settings } from './config.ts';
import { stderrWriter } from './output/writer.ts';
import { publicError, publicFields, withoutStacks } from './public-error.ts';

/** `info`, not 30: the number is pino's own. */
const levelFormatter = (label: string) => ({ level: label });
/** Stacks are for who asked for them. */
const logFormatter = (level: string) =>
  level === 'debug' || level === 'trace'
    ? publicFields
    : (record: Readonly<Record<string, unknown>>) => withoutStacks(publicFields(record));
/** Messages, which the formatters are not given. */
const hooks: LoggerOptions['hooks'] = {
  logMethod(values, method) {
    const shown: unknown[] = values.map((value) => (typeof value === 'string' ? hideCredentials(value) : value));
    // Of an error that is logged alone, pino would take the message as it is.
    if (shown.length === 1 && shown[0] instanceof Error) shown.push(publicError(shown[0]).message);
    method.apply(this, shown as typeof values);
  },
};
const serializers = { err: publicError, error: publicError };
/** Fields that every line has and nobody reads on a terminal. */
const HIDDEN = new Set(['level', 'time', 'msg', 'pid', 'hostname']);

export function createLogger(settings: Pick<Settings, 'logLevel' | 'logFormat'>): Logger {
  const terminal = stderrWriter.isTerminal;
  const level = settings.logLevel ?? (terminal ? 'warn' : 'info');
  const json = (settings.logFormat ?? (terminal ? 'text' : 'json')) === 'json';
  const formatters = { level: levelFormatter, log: logFormatter(level) };
  const options = { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, formatters, serializers, hooks };
  return pino(options, { write: json ? (line) => stderrWriter.write(line) : writeText });
}

function writeText(line: string): void {
  const record = JSON.parse(line) as { level: string; time: string; msg?: string } & Record<string, unknown>;
  // The error that ended a run is told by the command itself, in its last line.
  if (record.level === 'error' && record.msg === 'job ended') return;
  const fields = Object.entries(record)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`);
  const shown = [record.time.slice(11, 19), record.level.padEnd(5), record.msg ?? '', ...fields].join(' ');
  stderrWriter.write(`${visibleLine(shown)}\n`);
}
