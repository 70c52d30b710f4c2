/**
 * Reading rows on MariaDB and MySQL: the binary protocol through the seam, or mysql2's own text rows, which are several
 * times slower and give the same. `SETTLE_PLAIN_SCAN=1` asks for the plain way, and Vitess gets no other: in its OLAP mode
 * prepared statements have given wrong rows (vitessio/vitess#19380).
 */
import mysql, { type Connection, type RowDataPacket } from 'mysql2';
import { environment } from '../environment.ts';
import { type ColumnDefinition, definitionOf, fittingType, readerOf } from './binary-columns.ts';
import { BinaryRows } from './binary-rows.ts';
import type { ColumnBatch, ColumnSpec } from './column-batch.ts';
import { executeIntoTarget, SeamMovedError, seamFits } from './mysql2-seam.ts';
import { addPlainRows } from './plain-values.ts';
import type { RowBinding, RowReader } from './row-reader.ts';
import type { DecodeRows, RowDecoder, TakeRows } from './scanner.ts';

interface Query {
  readonly sql: string;
  readonly bindings: readonly RowBinding[];
}

/** By what the server calls itself when it greets. */
export function isVitess(connection: Connection): boolean {
  const { _handshakePacket } = connection as { _handshakePacket?: { readonly serverVersion?: string } };
  return /vitess/i.test(_handshakePacket?.serverVersion ?? '');
}

const exactly = { isServer: true, isExact: true };

export class ServerRows implements RowReader {
  readonly #connection: Connection;
  #isPlain: boolean;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#isPlain = environment().SETTLE_PLAIN_SCAN === '1' || isVitess(connection) || !seamFits(connection);
  }

  async read(sql: string, bindings: readonly RowBinding[], into: ColumnBatch): Promise<void> {
    await this.readBatches({ sql, bindings }, into);
  }

  /** As `read`; with `take` and `decode` as Scanner.scan has them. Returns the number of rows. */
  async readBatches(query: Query, into: ColumnBatch, take?: TakeRows, decode?: DecodeRows): Promise<number> {
    if (!this.#isPlain) {
      const { size, bytesUsed } = into;
      let handedOver = false;
      const takeAndNote: TakeRows | undefined =
        take &&
        ((full) => {
          handedOver = true;
          take(full);
        });
      const decoder =
        decode ?? ((definitions: readonly ColumnDefinition[]) => new BinaryRows(definitions, into, takeAndNote));
      let rows: RowDecoder | undefined;
      try {
        return await this.#readBinary(query, (definitions) => {
          rows = decoder(definitions);
          return rows;
        });
      } catch (error) {
        if (decode !== undefined && rows !== undefined && rows.rows > 0) handedOver = true;
        // Rows that were handed over must not be handed over again.
        if (!(error instanceof SeamMovedError) || handedOver) throw error;
        this.#isPlain = true;
        Object.assign(into, { size, bytesUsed, unreadable: undefined });
      }
    }
    const [rows] = await this.#query(query, into.specs);
    if (take === undefined) addPlainRows(rows, into, exactly);
    for (
      let from = 0;
      take !== undefined && from < rows.length && into.unreadable === undefined;
      from += into.capacity
    ) {
      into.clear();
      addPlainRows(rows.slice(from, from + into.capacity), into, exactly);
      if (into.unreadable === undefined) take(into);
    }
    return rows.length;
  }

  /** The columns of a SELECT, each with the type that holds all its values. */
  async describe(sql: string): Promise<ColumnSpec[]> {
    const [, definitions] = await this.#query({ sql, bindings: [] });
    return definitions.map((definition) => ({ name: definition.name, type: fittingType(definition) }));
  }

  async #readBinary({ sql, bindings }: Query, decoder: DecodeRows): Promise<number> {
    const values = bindings.map((value) => (typeof value === 'bigint' ? mysql.TypedParameter.LONGLONG(value) : value));
    let rows: RowDecoder | undefined;
    await executeIntoTarget(this.#connection, sql, values, (definitions) => {
      rows = decoder(definitions);
      return rows;
    });
    if (rows === undefined) throw new SeamMovedError('mysql2 reported rows without their columns');
    if (rows instanceof BinaryRows) rows.finish();
    if (rows.failure !== undefined) throw rows.failure;
    return rows.rows;
  }

  #query(
    { sql, bindings }: Query,
    specs?: readonly ColumnSpec[],
  ): Promise<[rows: RowDataPacket[][], definitions: ColumnDefinition[]]> {
    return new Promise((resolve, reject) => {
      // Every integer as text: one rule for all, and none goes through a double.
      const options = { sql, rowsAsArray: true, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true };
      // Numbers stand unquoted: LIMIT takes no text.
      const values = bindings.map((value) => (typeof value === 'bigint' ? mysql.raw(value.toString()) : value));
      this.#connection.query<RowDataPacket[][]>({ ...options, values }, (error, rows, fields) => {
        if (error) return reject(error);
        try {
          const definitions = fields.map(definitionOf);
          requireTypes(definitions, specs);
          resolve([rows, definitions]);
        } catch (failure) {
          reject(failure);
        }
      });
    });
  }
}

function requireTypes(definitions: readonly ColumnDefinition[], specs: readonly ColumnSpec[] | undefined): void {
  if (specs === undefined) return;
  if (definitions.length !== specs.length) throw new TypeError('the result has other columns than asked for');
  definitions.forEach((definition, c) => {
    readerOf(definition, specs[c]);
  });
}
