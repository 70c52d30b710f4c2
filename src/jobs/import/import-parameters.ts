/** The parameters of the import jobs, and how they come from what a user typed. */
import { basename, resolve } from 'node:path';
import type { JobParameters, ParameterDefinition } from '../../engine/parameters.ts';
import { defaultEncoding, parseEncoding } from '../../items/encoding.ts';
import { defaultZone, requireZone } from '../../rules/business-time.ts';
import { AMOUNT_UNIT, amountUnitParameter } from '../payments/import/amount-parameter.ts';
import { paymentApprovalColumns, paymentOrderColumns } from '../payments/import/payment-rows.ts';
import { grantColumns } from '../points/grants/grant-row.ts';
import { couponColumns, couponRequestColumns, stockMovementColumns } from './allocation-rows.ts';
import { challengeColumns, memberColumns, proofColumns } from './challenge-rows.ts';
import { type ColumnDefinition, type ColumnMap, parseColumnMap, parseIgnoredColumns } from './columns.ts';
import { depositAccountColumns, depositEntryColumns } from './deposit-rows.ts';
import { digestFile } from './file-blocks.ts';
import { nullParameter, parseNullTexts } from './reading.ts';
import { ALLOW_REPEAT } from './same-content.ts';
import { isStream, STDIN, spool } from './spool.ts';
import { videoColumns } from './video-row.ts';
import { viewColumns } from './view-row.ts';
import { timeUnits } from './view-time.ts';

export const importKinds = [
  'views',
  'videos',
  'challenges',
  'members',
  'proofs',
  'grants',
  'coupons',
  'coupon-requests',
  'stock-movements',
  'payment-orders',
  'payment-approvals',
  'deposit-accounts',
  'deposit-entries',
] as const;
export type ImportKind = (typeof importKinds)[number];

const columnsByKind: Readonly<Record<ImportKind, readonly ColumnDefinition[]>> = {
  views: viewColumns,
  videos: videoColumns,
  challenges: challengeColumns,
  members: memberColumns,
  proofs: proofColumns,
  grants: grantColumns,
  coupons: couponColumns,
  'coupon-requests': couponRequestColumns,
  'stock-movements': stockMovementColumns,
  'payment-orders': paymentOrderColumns,
  'payment-approvals': paymentApprovalColumns,
  'deposit-accounts': depositAccountColumns,
  'deposit-entries': depositEntryColumns,
};

/** Kinds whose times may carry no offset. */
const zonedKinds: ReadonlySet<ImportKind> = new Set([
  'views',
  'members',
  'grants',
  'coupons',
  'coupon-requests',
  'stock-movements',
  'payment-orders',
  'payment-approvals',
]);

/** The parameter that takes a last line without an end. */
export const ALLOW_OPEN_LINE = 'allow-partial-last-line';

/** The parameter with the zone of business dates. */
export const DAY_ZONE = 'day-zone';

export interface ImportOptions {
  /** Path of a file or a pipe, or `-` for standard input. */
  readonly file: string;
  /** A name that `parseEncoding` knows; default UTF-8. */
  readonly encoding?: string;
  /** Takes a last line that has no end, and may be cut off, as it is. */
  readonly allowPartialLastLine?: boolean;
  /** Writes rows without ids although the same content was imported before. */
  readonly allowRepeat?: boolean;
  /** Ends the copying of what can be read only once. */
  readonly signal?: AbortSignal;
  /** `target=source,...` */
  readonly map?: string;
  /** Zone of times that carry no offset; default UTC. Only for kinds that `hasZone` names. */
  readonly zone?: string;
  /** Grants and views: zone of the business dates. */
  readonly dayZone?: string;
  /** How a time that is a number is read, one of `timeUnits`. Not for videos; where there are only dates: `compact`. */
  readonly timeUnit?: string;
  /** Texts that mean NULL, besides an empty field. Only for kinds with a nullable column. */
  readonly nulls?: readonly string[];
  /** Columns of the file that are passed over on purpose, `a,b`. */
  readonly ignoreColumns?: string;
  /** Payments only: how amounts are written, one of `amountUnits`. */
  readonly amountUnit?: string;
  /** Views only. */
  readonly registerVideos?: boolean;
}

export interface ImportRequest {
  /** Raw parameters of the job. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Removes the copy of what can be read only once. Call it when the run has ended, however it ended. */
  dispose(): Promise<void>;
}

/** Columns of the table that a file of this kind fills. */
export function columnsOf(kind: ImportKind): readonly ColumnDefinition[] {
  return columnsByKind[kind];
}

const hasOnlyDates: ReadonlySet<ImportKind> = new Set(['challenges', 'proofs', 'deposit-accounts', 'deposit-entries']);

/** The units that a time of this kind can have as a number; none: the kind has no times. */
export function timeUnitsOf(kind: ImportKind): readonly string[] {
  if (kind === 'videos') return [];
  return hasOnlyDates.has(kind) ? ['compact'] : timeUnits;
}

/** Whether `--zone` means something for files of this kind. */
export function hasZone(kind: ImportKind): boolean {
  return zonedKinds.has(kind);
}

/** Whether a file of this kind has a column that can be NULL. */
export function hasNulls(kind: ImportKind): boolean {
  return columnsOf(kind).some(({ nullable }) => nullable);
}

/**
 * What decides which rows come out is identifying: the bytes of the file, by their digest, and how they are read. The
 * path is not, so a file may be moved between a failure and the restart; nor is leave to take a last line without an
 * end, which refuses rows or lets them pass, and changes none. UTF-8 is no parameter, so that runs of versions which
 * knew no other encoding keep their identity.
 */
export function importParameterDefinitions(kind: ImportKind): readonly ParameterDefinition[] {
  const text = { type: 'string', identifying: true, required: false } as const;
  const common: ParameterDefinition[] = [
    {
      ...text,
      name: 'file',
      isVerbatim: true,
      isInput: true,
      required: true,
      description: 'name of the file, without folders',
      example: 'views.csv.gz',
    },
    {
      ...text,
      name: 'digest',
      required: true,
      description: "SHA-256 of the file's bytes, in hex",
      validate: (value) => (/^[0-9a-f]{64}$/.test(value) ? undefined : 'must be 64 hexadecimal digits'),
    },
    {
      ...text,
      name: 'path',
      isVerbatim: true,
      identifying: false,
      required: true,
      description: 'where the file is',
    },
    {
      ...text,
      name: 'map',
      description: 'columns that have other names in the file, target=source,...',
      example: 'viewer_id=user_id',
      validate: (value) => problemOf(() => parseColumnMap(value, columnsOf(kind))),
    },
    {
      ...text,
      name: 'ignore-columns',
      // It takes no part in what is read: only columns that are not used can be ignored.
      identifying: false,
      description: 'columns of the file that are passed over without a word, a,b',
      example: 'note',
      validate: (value) => problemOf(() => parseIgnoredColumns(value, columnsOf(kind))),
    },
    {
      ...text,
      name: 'encoding',
      description: 'how the text is written, where that is not UTF-8',
      example: 'cp949',
      validate: (value) => problemOf(() => parseEncoding(value)),
    },
    {
      ...text,
      name: ALLOW_REPEAT,
      identifying: false,
      description: 'write rows without ids again although the same content was imported before: true or false',
      validate: (value) => (value === 'true' || value === 'false' ? undefined : 'must be true or false'),
    },
    {
      ...text,
      name: ALLOW_OPEN_LINE,
      identifying: false,
      description: 'take a last line that has no end: true or false',
      validate: (value) => (value === 'true' || value === 'false' ? undefined : 'must be true or false'),
    },
  ];
  const units = timeUnitsOf(kind);
  if (units.length > 0) {
    const description = `how a time that is a number is read: ${units.join(', ')}`;
    const validate = (value: string) => (units.includes(value) ? undefined : `must be one of ${units.join(', ')}`);
    common.push({ ...text, name: 'time-unit', description, example: units[0], validate });
  }
  if (hasNulls(kind)) {
    const description = 'JSON array of the texts that mean NULL';
    const validate = (value: string) => problemOf(() => void parseNullTexts(value));
    common.push({ ...text, name: 'null', description, example: '["\\\\N"]', validate });
  }
  const zone: ParameterDefinition = {
    ...text,
    name: 'zone',
    description: 'IANA time zone of times without an offset; default UTC',
    example: 'America/Los_Angeles',
    validate: (value) => problemOf(() => requireZone(value)),
    canonical: requireZone,
  };
  if (!hasZone(kind)) return common;
  if (kind === 'payment-orders' || kind === 'payment-approvals') return [...common, zone, amountUnitParameter];
  if (kind === 'grants') {
    const description = 'IANA time zone whose day of granted_at dates a grant';
    return [...common, zone, { ...zone, name: DAY_ZONE, default: defaultZone, description }];
  }
  if (kind !== 'views') return [...common, zone];
  return [
    ...common,
    zone,
    // It decides how rows are told of, not which ones are written.
    {
      ...zone,
      name: DAY_ZONE,
      identifying: false,
      description: 'IANA time zone of the dates that rows are counted by',
    },
    {
      ...text,
      name: 'register-videos',
      default: 'false',
      description: 'add unknown videos, without a creator: true or false',
      validate: (value) => (value === 'true' || value === 'false' ? undefined : 'must be true or false'),
    },
  ];
}

/**
 * Reads the file once for its digest; what can be read only once is copied to a temporary file, so that the same input
 * given again is recognised and continued. Throws a usage error when it cannot be read.
 */
export async function importParameters(kind: ImportKind, options: ImportOptions): Promise<ImportRequest> {
  const encoding = parseEncoding(options.encoding ?? defaultEncoding);
  const spooled = (await isStream(options.file)) ? await spool(options.file, options) : undefined;
  const path = spooled?.path ?? resolve(options.file);
  const dispose = async () => spooled?.remove();
  try {
    const { digest } = await digestFile(path);
    const parameters: Record<string, string> = { file: spooled === undefined ? basename(path) : STDIN, digest, path };
    if (encoding !== defaultEncoding) parameters.encoding = encoding;
    if (options.allowPartialLastLine) parameters[ALLOW_OPEN_LINE] = 'true';
    if (options.allowRepeat) parameters[ALLOW_REPEAT] = 'true';
    if (options.map !== undefined) parameters.map = options.map;
    if (options.zone !== undefined) parameters.zone = options.zone;
    if (options.ignoreColumns !== undefined) parameters['ignore-columns'] = options.ignoreColumns;
    if (options.timeUnit !== undefined) parameters['time-unit'] = options.timeUnit;
    const nulls = nullParameter(options.nulls ?? []);
    if (nulls !== '[]') parameters.null = nulls;
    if (options.dayZone !== undefined) parameters[DAY_ZONE] = options.dayZone;
    if (options.amountUnit !== undefined) parameters[AMOUNT_UNIT] = options.amountUnit;
    if (kind === 'views') parameters['register-videos'] = String(options.registerVideos ?? false);
    return { parameters, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The column map of a run; empty when none was given. */
export function columnMapOf(kind: ImportKind, parameters: JobParameters): ColumnMap {
  const text = parameters.get('map');
  return text === undefined ? new Map() : parseColumnMap(text, columnsOf(kind));
}

/** The columns that a run passes over on purpose, folded. */
export function ignoredColumnsOf(kind: ImportKind, parameters: JobParameters): ReadonlySet<string> {
  return parseIgnoredColumns(parameters.get('ignore-columns') ?? '', columnsOf(kind));
}

function problemOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
