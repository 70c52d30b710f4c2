/** What the databases tell of a column, in one form. */

/**
 * `integer` exact, any size; `real` a double; `decimal` exact digits; `temporal` text of a date or time, whose zeros at the
 * end of the fraction mean nothing; `text` characters; `bytes`.
 */
export type ColumnKind = 'integer' | 'real' | 'decimal' | 'temporal' | 'text' | 'bytes';

/** What is in a column of the source; measured by one pass over the rows to be copied. */
export interface Measured {
  /** Of integers, as text; undefined without any. */
  readonly min?: string;
  readonly max?: string;
  /** Of texts and bytes, the longest. */
  readonly chars: number;
  readonly bytes: number;
  /** Times without a day or a month, as `0000-00-00`. */
  readonly zeroDates: number;
  /** SQLite: how many values of each storage class. */
  readonly classes: Readonly<Partial<Record<'integer' | 'real' | 'text' | 'blob', number>>>;
}

export interface DescribedColumn {
  readonly name: string;
  /** As declared: `bigint unsigned`, `varchar(40)`; labels of an ENUM keep their case. */
  readonly type: string;
  readonly isNullable: boolean;
  readonly isGenerated: boolean;
  readonly hasDefault: boolean;
  /** Of texts on servers; else undefined. */
  readonly charset: string | undefined;
}

/** A column to be copied: where from, where to, and what its values are. */
export interface CopiedColumn {
  readonly from: string;
  readonly to: string;
  readonly kind: ColumnKind;
  /** Type of the source's column, as declared. */
  readonly sourceType: string;
  /** Type of the target's column. */
  readonly type: string;
  readonly isNullable: boolean;
  /** Of a target column for times: digits of the fraction that it keeps; undefined where it keeps text as it is. */
  readonly fraction?: number;
  /** Of a decimal target: digits before and behind the point. */
  readonly digits?: readonly [number, number];
}
